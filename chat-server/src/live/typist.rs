//! Typing, as other processes may see it: a connection types in a room until an end. Must not know who is told.

use chat_proto::ids::{RoomId, UserId};
use chat_proto::time::UnixMillis;

use super::LeaseId;

/// One connection that types in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Typist {
    /// Where.
    pub room: RoomId,
    /// Which connection.
    pub id: LeaseId,
    /// Whose.
    pub user: UserId,
    /// When it ends by itself, unless it is told again; the past where they stopped.
    pub until: UnixMillis,
}
