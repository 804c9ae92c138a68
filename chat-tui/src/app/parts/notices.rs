//! The line for the user, and how long it stays. Must not know who writes it.

#![deny(clippy::disallowed_methods)]

use chat_proto::time::UnixMillis;

use crate::app::state::notice::Notice;
use crate::text::SafeText;

/// How long a notice is shown, in milliseconds.
const NOTICE_MS: u64 = 8_000;

/// The line for the user.
#[derive(Debug, Default)]
pub struct Notices {
    /// The notice on the screen.
    pub shown: Option<Notice>,
}

impl Notices {
    /// Shows a notice instead of the present one.
    pub fn show(&mut self, text: &str, is_error: bool, now: UnixMillis) {
        self.shown = Some(Notice { text: SafeText::line(text), is_error, until: now.plus_ms(NOTICE_MS) });
    }

    /// Removes the notice.
    pub fn dismiss(&mut self) {
        self.shown = None;
    }

    /// When the notice disappears.
    pub fn next_expiry(&self) -> Option<UnixMillis> {
        self.shown.as_ref().map(|notice| notice.until)
    }

    /// Removes the notice once it was shown for long enough.
    pub fn expire(&mut self, now: UnixMillis) {
        self.shown.take_if(|notice| notice.until <= now);
    }
}
