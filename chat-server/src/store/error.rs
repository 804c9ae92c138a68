//! Why the database could not be read or written, with the cause beneath. Must not know which database it is.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use chat_proto::ids::{RoomId, Seq, UserId};

use crate::reply::Unanswered;

/// Why a request of a store fails.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The queue is full. Nothing was done; try again.
    #[error("the store has too much to do")]
    Busy,
    /// There is no such record.
    #[error("not in the database")]
    NotFound,
    /// The name, or one that looks like it, is taken.
    #[error("the name is taken")]
    NameTaken {
        /// The constraint that found it; `None` if it was found by looking.
        #[source]
        cause: Option<Cause>,
    },
    /// The account is a member of [`ROOMS_MAX`](super::ROOMS_MAX) rooms.
    #[error("the account is a member of as many rooms as it may be")]
    TooManyRooms,
    /// The key was used before with another text or room.
    #[error("the key was used for another message")]
    KeyReused,
    /// An earlier append of its chain was refused.
    #[error("an earlier append of its chain was refused")]
    ChainBroken,
    /// A record is damaged, or a newer server wrote it.
    #[error("{record} cannot be read, field `{field}`")]
    Unreadable {
        /// Which record.
        record: Record,
        /// Which of its fields.
        field: &'static str,
        /// The fault of the field.
        #[source]
        cause: Cause,
    },
    /// The disk or the database failed. Nothing of the request was kept.
    #[error("the database could not be written or read")]
    Failed(#[source] Cause),
    /// The pages of the database are damaged. Trying again does not help.
    #[error("the database is damaged")]
    Damaged(#[source] Cause),
    /// The data folder, or a file in it, is gone or another one. Nothing was done; try again once they are back.
    #[error("the data folder, or a file in it, was removed, moved or replaced")]
    Displaced,
    /// The part that would have answered has failed. A write may have been kept.
    #[error("a thread of the database has failed")]
    Ended,
    /// The store has been closed.
    #[error("the store is closed")]
    Closed,
}

/// A record, as an operator finds it in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record {
    /// An item.
    Item(RoomId, Seq),
    /// An account.
    Account(UserId),
    /// A room.
    Room(RoomId),
    /// A membership.
    Member(RoomId, UserId),
}

/// The error beneath a [`StoreError`]. Shared, since one failed transaction answers many requests.
#[derive(Clone, Debug)]
pub struct Cause(Arc<dyn Error + Send + Sync>);

impl StoreError {
    /// A failure of the disk or the database.
    pub fn failed(cause: impl Error + Send + Sync + 'static) -> Self {
        Self::Failed(Cause(Arc::new(cause)))
    }

    /// A damaged database.
    pub fn damaged(cause: impl Error + Send + Sync + 'static) -> Self {
        Self::Damaged(Cause(Arc::new(cause)))
    }

    /// A field that cannot be read.
    pub fn unreadable(record: Record, field: &'static str, cause: impl Error + Send + Sync + 'static) -> Self {
        Self::Unreadable { record, field, cause: Cause(Arc::new(cause)) }
    }

    /// The name was found by looking.
    pub fn name_taken() -> Self {
        Self::NameTaken { cause: None }
    }

    /// A constraint of the database on names refused the write.
    pub fn name_refused(cause: impl Error + Send + Sync + 'static) -> Self {
        Self::NameTaken { cause: Some(Cause(Arc::new(cause))) }
    }

    /// Whether a name is taken, however that was found.
    pub fn is_name_taken(&self) -> bool {
        matches!(self, Self::NameTaken { .. })
    }

    /// The error and all its causes in one line, for the log.
    pub fn with_causes(&self) -> String {
        let causes = std::iter::successors(self.source(), |cause| (*cause).source());
        causes.fold(self.to_string(), |line, cause| format!("{line}: {cause}"))
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Item(room, seq) => write!(f, "item {seq} of room {room}"),
            Self::Account(user) => write!(f, "account {user}"),
            Self::Room(room) => write!(f, "room {room}"),
            Self::Member(room, user) => write!(f, "member {user} of room {room}"),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

/// By their words: errors of a database have no equality of their own.
impl PartialEq for Cause {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Eq for Cause {}

impl Unanswered for StoreError {
    fn unanswered() -> Self {
        Self::Ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_for_the_log_names_the_record_the_field_and_every_cause() {
        let inner = StoreError::failed(fmt::Error);
        let error = StoreError::unreadable(Record::Item(RoomId(3), Seq(17)), "what", inner);
        assert_eq!(
            error.with_causes(),
            "item 17 of room R3 cannot be read, field `what`: the database could not be written or read: \
             an error occurred when formatting an argument"
        );
    }
}
