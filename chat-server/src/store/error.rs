//! Why the database could not be read or written.

use crate::reply::Unanswered;

/// What a store may fail with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// More is queued than the store takes; nothing was done, try again.
    #[error("the store has too much to do")]
    Busy,
    /// There is no such row.
    #[error("not in the database")]
    NotFound,
    /// The name, or one that looks like it, is taken.
    #[error("the name is taken")]
    NameTaken,
    /// The key was used before with another text or room.
    #[error("the key was used for another message")]
    KeyReused,
    /// What it is tied to was refused.
    #[error("an earlier one of its chain was refused")]
    ChainBroken,
    /// The disk or the database refused; nothing of it was kept.
    #[error("the database could not be written or read: {0}")]
    Failed(String),
    /// The store has been closed.
    #[error("the store is closed")]
    Closed,
}

impl Unanswered for StoreError {
    fn unanswered() -> Self {
        Self::Closed
    }
}
