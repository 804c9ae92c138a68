//! Why the live store refused. Must not know frames: `connection::error` turns these into error bodies.

use chat_proto::ids::RoomId;

use crate::reply::Unanswered;

/// Why the live store refused or could not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LiveError {
    /// The store cannot be reached or did not answer in time. Whether a change was made is not known: whoever refuses
    /// a post for this must [`undo`](super::Live::undo) it before the room goes on. Retryable.
    #[error("the store of messages that expire cannot be reached; lasting messages are not affected")]
    Unavailable,
    /// The store is away. Nothing was tried. Retryable.
    #[error("the store of messages that expire is away; lasting messages are not affected")]
    Down,
    /// The store has no memory left. Nothing was changed. Retryable once it has.
    #[error(
        "the store of messages that expire has no memory left; give Redis more (maxmemory), or wait until some expire"
    )]
    OutOfMemory,
    /// Under a name that the operation needs stands what is not the store's. Whether a part of the change was made is not
    /// known, as with `Unavailable`. Retryable once it is gone.
    #[error("the store of messages that expire holds something else in its place; the server's log names it")]
    KeyConflict,
    /// More operations are waiting than the store takes. Nothing was changed. Retryable.
    #[error("the store of messages that expire has too much to do; try again")]
    Busy,
    /// The room holds as many bytes of ephemeral messages as it may. Nothing was changed. Retryable once some expire.
    #[error("{room} holds {limit_bytes} bytes of messages that expire, all it may; wait until some do or delete some")]
    RoomFull {
        /// Which room.
        room: RoomId,
        /// The room's limit.
        limit_bytes: u64,
    },
    /// All rooms together hold as many bytes as they may. Nothing was changed. Retryable once some expire.
    #[error("the server holds {limit_bytes} bytes of messages that expire, all it may; wait until some do")]
    Full {
        /// The limit over all rooms.
        limit_bytes: u64,
    },
    /// The entry's content is not what its kind allows, such as a message without an end. A fault of the caller.
    #[error("an entry of the live store must be a message with an end, or a tombstone")]
    NotEphemeral,
}

impl LiveError {
    /// Whether the operation may have been carried out all the same.
    pub fn is_in_doubt(&self) -> bool {
        match self {
            Self::Unavailable | Self::KeyConflict => true,
            Self::Down
            | Self::OutOfMemory
            | Self::Busy
            | Self::RoomFull { .. }
            | Self::Full { .. }
            | Self::NotEphemeral => false,
        }
    }

    /// Whether the same operation may succeed later without being changed.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unavailable
            | Self::KeyConflict
            | Self::Down
            | Self::OutOfMemory
            | Self::Busy
            | Self::RoomFull { .. }
            | Self::Full { .. } => true,
            Self::NotEphemeral => false,
        }
    }
}

impl Unanswered for LiveError {
    fn unanswered() -> Self {
        Self::Unavailable
    }
}
