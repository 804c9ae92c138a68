//! A screen with a terminal behind it, for tests: what it sends is taken by one that knows colours. Knows nothing of
//! what is drawn.

use std::num::NonZeroU16;

use ratatui::buffer::Buffer;

use super::{Frame, Screen};

/// A screen, and the terminal its bytes go to.
pub(crate) struct TestBackend {
    pub(crate) screen: Screen,
    pub(crate) terminal: vt100::Parser,
}

impl TestBackend {
    /// Both of a size, and nothing drawn yet.
    pub(crate) fn sized(width: u16, height: u16) -> Self {
        let side = |cells| NonZeroU16::new(cells).expect("not zero");
        Self { screen: Screen::sized(width, height, true), terminal: vt100::Parser::new(side(height), side(width), 0) }
    }

    /// Draws; gives back the bytes the terminal took for it.
    pub(crate) fn draw(&mut self, fill: impl FnOnce(&mut Buffer) -> Frame) -> Vec<u8> {
        let bytes = self.screen.bytes(fill).expect("memory");
        self.terminal.process(&bytes);
        bytes
    }

    /// What the terminal shows, without the space at the ends.
    pub(crate) fn rows(&self) -> Vec<String> {
        let shown = self.terminal.screen();
        shown.rows(0, shown.size().1.get()).map(|row| row.trim_end().to_owned()).collect()
    }
}
