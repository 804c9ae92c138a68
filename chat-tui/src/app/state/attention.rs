//! Where the user looks at a moment. Must not know what is there.

#![deny(clippy::disallowed_methods)]

use chat_proto::time::UnixMillis;

use super::room_key::RoomKey;

/// Where the user looks at a moment.
#[derive(Clone, Copy, Debug)]
pub struct Attention {
    /// The moment, by this machine's clock.
    pub now: UnixMillis,
    /// The open room.
    pub open: Option<RoomKey>,
    /// Whether the terminal has the keyboard.
    pub has_focus: bool,
    /// Whether something lies over the messages.
    pub is_covered: bool,
}
