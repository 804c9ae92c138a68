//! The database: accounts, rooms, members, messages and their changes, read markers. Ports, and SQLite behind them.
//! Must not know sockets, rooms' actors or ephemeral messages.

mod chain;
mod error;
mod health;
mod model;
mod port;
mod search_words;
pub mod sqlite;

#[cfg(test)]
mod conformance;

pub use chain::{BrokenChains, ChainId, ChainPlace};
pub use error::{Cause, Record, StoreError};
pub use health::Health;
pub use model::{
    Account, Append, Appended, Change, ChangeId, HistoryBounds, MemberAnswer, MemberRow, MemberState, MessageRange,
    MovedMarker, NewRoom, NewSignIn, ROOMS_MAX, RecentBounds, RefusedChange, Revision, RoomCounts, RoomState, RunStart,
    SignInRow, StoreFigures, StoredHistory, StoredRoom,
};
pub use port::{Accounts, Lifecycle, Members, ReadMarkers, Retention, RoomStore, Rooms, Store, Timeline};

/// A reply of the store.
pub type StoreReply<T> = crate::reply::Reply<T, StoreError>;
