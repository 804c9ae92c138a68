//! The errors of a room. Must not know how they are worded for a client.

use crate::access::RoomRefusal;
use crate::live::LiveError;
use crate::store::StoreError;

/// Why a room did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoomError {
    /// The room or the message does not exist, or the caller may not know that it does.
    #[error("it is not there")]
    NotFound,
    /// The caller may see the room, but not do this in it.
    #[error(transparent)]
    Refused(#[from] RoomRefusal),
    /// The time to live is shorter or longer than allowed.
    #[error("the time to live is out of range")]
    LifeOutOfRange,
    /// The key was used for another message.
    #[error("the key was used for another message")]
    KeyReused,
    /// An earlier post of its chain was refused.
    #[error("an earlier post of its chain was refused")]
    ChainBroken,
    /// The room has too many commands in flight.
    #[error("the room has too much to do")]
    Busy,
    /// The database failed.
    #[error(transparent)]
    Store(StoreError),
    /// The live store cannot take ephemeral messages now.
    #[error(transparent)]
    Live(#[from] LiveError),
}

impl From<StoreError> for RoomError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::NotFound,
            StoreError::KeyReused => Self::KeyReused,
            StoreError::ChainBroken => Self::ChainBroken,
            StoreError::Busy => Self::Busy,
            StoreError::NameTaken { .. }
            | StoreError::TooManyRooms
            | StoreError::Unreadable { .. }
            | StoreError::Failed(_)
            | StoreError::Damaged(_)
            | StoreError::Displaced
            | StoreError::Ended
            | StoreError::Closed => Self::Store(error),
        }
    }
}
