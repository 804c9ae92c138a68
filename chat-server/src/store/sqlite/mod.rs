//! The database in one SQLite file: one thread writes, two read. The only place that knows SQL; must not know rooms'
//! actors.

mod access;
mod accounts;
mod backup;
mod batch;
mod bodies;
mod checkpoint;
mod damage;
mod damaged_items;
mod error;
mod examine;
mod folder;
mod form;
mod health;
mod history;
mod holder;
mod inspect;
mod items;
mod job;
mod join_run;
mod members;
mod open;
mod prune;
mod queue;
mod read_marker;
mod readers;
mod restore;
mod retention;
mod room_creation;
mod room_state;
mod room_tip;
mod rooms;
mod row;
mod runs;
mod store;
#[cfg(test)]
mod tests;
mod transaction;
mod upkeep;
mod whereabouts;
mod word_index;
mod writer;

pub use backup::{BackupError, Copied, Progress, back_up};
pub use examine::{Examined, examine};
pub use folder::FolderError;
pub use form::{DamagedMessages, FormError};
pub use holder::{Holder, holder, last_holder};
pub use inspect::{DatabaseFiles, inspect, library, open_to_others};
pub use open::OpenError;
pub use prune::{PruneError, PruneProgress, PrunedRoom, newest_message_at, prune};
pub use restore::{RestoreError, Restored, restore};
pub use store::SqliteStore;
