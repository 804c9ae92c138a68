//! Why the live store refused. Must not know frames: `connection::error` turns these into error bodies.

use chat_proto::ids::RoomId;

use crate::byte_size::byte_size;
use crate::reply::Unanswered;

/// Why the live store refused or could not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LiveError {
    /// The store cannot be reached or did not answer in time. Whether a change was made is unknown: a post that is refused
    /// for this must be undone ([`undo`](super::Live::undo)) before the room goes on. Retryable.
    #[error("the store of ephemeral messages cannot be reached; persistent messages are not affected")]
    Unavailable,
    /// The store is unavailable. Nothing was tried. Retryable.
    #[error("the store of ephemeral messages is unavailable; persistent messages are not affected")]
    Down,
    /// The store has no memory left. Nothing was changed. Retryable once it has.
    #[error(
        "the store of ephemeral messages has no memory left; give Redis more (maxmemory), or wait until some expire"
    )]
    OutOfMemory,
    /// A key that the operation needs holds another program's value. Whether a part of the change was made is unknown, as with
    /// `Unavailable`. Retryable once that value is gone.
    #[error("the store of ephemeral messages holds something else in its place; the server's log names it")]
    KeyConflict,
    /// The queue is full. Nothing was changed. Retryable.
    #[error("the store of ephemeral messages has too much to do; try again")]
    Busy,
    /// The sender's messages take as many bytes as one account's may. Nothing was changed. Retryable once some expire.
    #[error(
        "your ephemeral messages take all the memory that one account may use ({}); delete some, wait until some expire, \
         or let this one persist",
        byte_size(*limit_bytes)
    )]
    AccountFull {
        /// The account's limit.
        limit_bytes: u64,
    },
    /// The room holds as many bytes of ephemeral messages as it may. Nothing was changed. Retryable once some expire.
    #[error(
        "the ephemeral messages of {room} take all the memory that one room may use ({}); wait until some expire, or \
         delete some: your own, and as the room's owner everyone's",
        byte_size(*limit_bytes)
    )]
    RoomFull {
        /// The room.
        room: RoomId,
        /// The room's limit.
        limit_bytes: u64,
    },
    /// All rooms together hold as many bytes as they may. Nothing was changed. Retryable once some expire.
    #[error(
        "the ephemeral messages of the server take all the memory they may use ({}); wait until some expire, or let this \
         one persist",
        byte_size(*limit_bytes)
    )]
    Full {
        /// The limit over all rooms.
        limit_bytes: u64,
    },
    /// The content does not fit, such as a message without an end. The caller's mistake.
    #[error("an entry of the live store must be a message with an end, or a tombstone")]
    NotEphemeral,
}

impl LiveError {
    /// Whether the operation may have been carried out nevertheless.
    pub fn is_in_doubt(&self) -> bool {
        match self {
            Self::Unavailable | Self::KeyConflict => true,
            Self::Down
            | Self::OutOfMemory
            | Self::Busy
            | Self::AccountFull { .. }
            | Self::RoomFull { .. }
            | Self::Full { .. }
            | Self::NotEphemeral => false,
        }
    }

    /// Whether the same operation may succeed later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unavailable
            | Self::KeyConflict
            | Self::Down
            | Self::OutOfMemory
            | Self::Busy
            | Self::AccountFull { .. }
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
