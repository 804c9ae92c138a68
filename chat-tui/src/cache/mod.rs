//! The client's data on disk for one server: received items, drafts, the input history and the outbox. The only place
//! that knows SQLite. Must not know when something is saved; `app` keeps ephemeral messages away from it.

mod encoding;
mod error;
mod handle;
mod outbox;
mod restore;
mod schema;
mod writer;

pub use error::CacheError;
pub use handle::Cache;
pub use writer::CacheEvent;
