//! The database: accounts, rooms, members, messages and their changes, read marks. A port and its implementations.
//! Must not know sockets, rooms' actors or what expires.

mod error;
mod figures;
mod model;
mod port;
pub mod sqlite;

#[cfg(test)]
mod conformance;

pub use error::StoreError;
pub use figures::StoreFigures;
pub use model::{
    Account, Append, Appended, ChainLink, Change, MemberRow, MemberState, NewRoom, NewSignIn, RefusedPost, Revision,
    RoomCounts, RoomState, SignInRow, StoredRoom,
};
pub use port::Store;

/// A reply of the store.
pub type StoreReply<T> = crate::reply::Reply<T, StoreError>;
