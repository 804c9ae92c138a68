//! The keys of servers and their rooms. Must not know either.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::RoomId;

/// One of the client's servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServerKey(
    /// Its index among the servers of this run.
    pub u16,
);

/// A room on a server: rooms of two servers may have the same id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoomKey {
    /// The server.
    pub server: ServerKey,
    /// The room on it.
    pub room: RoomId,
}

impl ServerKey {
    /// The first and, so far, only server of a run.
    pub const FIRST: Self = Self(0);
}
