//! When to draw: a key at once, what comes from the network gathered for 16 ms.

use std::time::Duration;

use tokio::time::Instant;

/// What comes from the network is gathered for so long.
const FRAME_EVERY: Duration = Duration::from_millis(16);

/// Whether something waits to be drawn, and until when it may.
#[derive(Debug, Default)]
pub(super) struct FrameLimiter {
    due: Option<Instant>,
}

impl FrameLimiter {
    /// Something changed that a person waits for.
    pub(super) fn at_once(&mut self) {
        self.due = Some(Instant::now());
    }

    /// Something changed by itself.
    pub(super) fn soon(&mut self) {
        self.due.get_or_insert_with(|| Instant::now() + FRAME_EVERY);
    }

    /// When to draw.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Whether it is time.
    pub(super) fn is_due(&self) -> bool {
        self.due.is_some_and(|due| due <= Instant::now())
    }

    /// It has been drawn.
    pub(super) fn drawn(&mut self) {
        self.due = None;
    }
}
