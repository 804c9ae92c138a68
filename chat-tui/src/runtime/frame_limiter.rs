//! When to draw: a key at once, network events after they were gathered for 16 ms. Must not know the screen.

use std::time::Duration;

use tokio::time::Instant;

/// How long network events are gathered.
const FRAME_EVERY: Duration = Duration::from_millis(16);

/// When the next frame is due, if one is.
#[derive(Debug, Default)]
pub(super) struct FrameLimiter {
    due: Option<Instant>,
}

impl FrameLimiter {
    /// A change that the person waits for.
    pub(super) fn at_once(&mut self) {
        self.due = Some(Instant::now());
    }

    /// A change from elsewhere.
    pub(super) fn soon(&mut self) {
        self.due.get_or_insert_with(|| Instant::now() + FRAME_EVERY);
    }

    /// When the next frame is due.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Whether a frame is due now.
    pub(super) fn is_due(&self) -> bool {
        self.due.is_some_and(|due| due <= Instant::now())
    }

    /// A frame has been drawn.
    pub(super) fn drawn(&mut self) {
        self.due = None;
    }
}
