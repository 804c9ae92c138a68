//! A place in a room's timeline that the user left. Must not know whether it is loaded.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::Seq;

/// A place in a room's timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The message at the top.
    pub seq: Seq,
    /// Its topmost visible row.
    pub row: i32,
}
