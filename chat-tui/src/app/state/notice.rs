//! A line for the user. Must not know when it is shown.

#![deny(clippy::disallowed_methods)]

use chat_proto::time::UnixMillis;

use crate::text::SafeText;

/// A line for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The text.
    pub text: SafeText,
    /// Whether something went wrong.
    pub is_error: bool,
    /// When it disappears, by this machine's clock.
    pub until: UnixMillis,
}
