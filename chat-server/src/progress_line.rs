//! A line on a terminal that is written again and again, and removed at the end. Must not know what makes progress.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// The time between two states of the line.
const SHOW_EVERY: Duration = Duration::from_millis(200);

/// The line. Nothing is written if standard error is no terminal.
#[derive(Debug)]
pub(crate) struct ProgressLine {
    is_shown: bool,
    shown_at: Option<Instant>,
}

impl ProgressLine {
    pub(crate) fn new(is_shown: bool) -> Self {
        Self { is_shown: is_shown && std::io::stderr().is_terminal(), shown_at: None }
    }

    /// Replaces the text, unless that was done a moment ago.
    pub(crate) fn show(&mut self, text: impl FnOnce() -> String) {
        if self.is_shown && self.shown_at.is_none_or(|at| at.elapsed() >= SHOW_EVERY) {
            self.show_at_once(&text());
        }
    }

    /// Replaces the text in any case.
    pub(crate) fn show_at_once(&mut self, text: &str) {
        self.write(text);
        self.shown_at = Some(Instant::now());
    }

    /// A terminal that is gone is no reason to stop.
    fn write(&self, text: &str) {
        if self.is_shown {
            let mut terminal = std::io::stderr().lock();
            let _ = write!(terminal, "\r\x1b[K{text}").and_then(|()| terminal.flush());
        }
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        if self.shown_at.is_some() {
            self.write("");
        }
    }
}
