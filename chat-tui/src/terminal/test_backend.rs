//! A screen for tests whose bytes go to a terminal that knows colours. Must not know what is drawn.

use std::num::NonZeroU16;

use ratatui::buffer::Buffer;

use super::{Capabilities, Environment, Frame, Screen};

/// A screen and the terminal that receives its bytes.
pub(crate) struct TestBackend {
    pub(crate) screen: Screen,
    pub(crate) terminal: vt100::Parser,
}

impl TestBackend {
    /// Creates both with this size; nothing is drawn yet.
    pub(crate) fn sized(width: u16, height: u16) -> Self {
        let side = |cells| NonZeroU16::new(cells).expect("not zero");
        let capabilities = Capabilities::of(Environment { term: Some("xterm-256color"), ..Environment::default() });
        let screen = Screen::sized((width, height), capabilities);
        Self { screen, terminal: vt100::Parser::new(side(height), side(width), 0) }
    }

    /// Draws. Returns the bytes sent to the terminal.
    pub(crate) fn draw(&mut self, fill: impl FnOnce(&mut Buffer) -> Frame) -> Vec<u8> {
        let bytes = self.screen.bytes(fill).expect("memory");
        self.terminal.process(&bytes);
        bytes
    }

    /// Returns the rows that the terminal shows, without trailing blanks.
    pub(crate) fn rows(&self) -> Vec<String> {
        let shown = self.terminal.screen();
        shown.rows(0, shown.size().1.get()).map(|row| row.trim_end().to_owned()).collect()
    }
}
