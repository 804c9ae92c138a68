//! The address of an ephemeral message. Must not know what is kept under it.

use chat_proto::ids::{ClientKey, RoomId, UserId};

/// The address of an ephemeral post. Sender and key together are unique over all rooms.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EphemeralKey {
    /// The room.
    pub room: RoomId,
    /// The sender.
    pub sender: UserId,
    /// The sender's key.
    pub key: ClientKey,
}
