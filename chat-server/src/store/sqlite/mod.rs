//! The database in one SQLite file: one thread writes, two read. The only place that knows SQL; must not know rooms'
//! actors.

mod access;
mod accounts;
mod batch;
mod checkpoint;
mod error;
mod folder;
mod inspect;
mod items;
mod members;
mod open;
mod queue;
mod read_marker;
mod readers;
mod room_state;
mod rooms;
mod row;
mod runs;
mod store;
#[cfg(test)]
mod tests;
mod writer;

pub use folder::FolderError;
pub use inspect::{DatabaseFiles, inspect, library};
pub use open::OpenError;
pub use store::SqliteStore;
