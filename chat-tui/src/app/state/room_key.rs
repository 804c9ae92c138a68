//! The key of a room: a room on a server.

use chat_proto::ids::RoomId;

/// One of the servers this client talks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServerKey(
    /// Its place among the servers of this run.
    pub u16,
);

/// A room on a server: room ids of two servers say nothing of each other.
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
