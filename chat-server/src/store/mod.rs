//! The record: accounts, rooms, members, messages and their changes, read marks. A port and its implementations.
//! Must not know sockets, rooms' actors or what expires.

mod error;
mod figures;
mod pending;
mod port;
mod record;
pub mod sqlite;

#[cfg(test)]
mod conformance;

pub use error::StoreError;
pub use figures::StoreFigures;
pub use pending::{Pending, Settle, pending};
pub use port::Store;
pub use record::{
    Account, Append, Appended, ChainLink, Change, MemberRow, MemberState, NewRoom, NewSession, RefusedPost, Revision,
    RoomCounts, RoomState, SessionRow, StoredRoom,
};
