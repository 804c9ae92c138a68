//! What waits to be written to one connection: bounded, however slow its reader is. Must not know sockets or rooms.

mod handle;
mod queue;

pub use handle::Outbox;
pub use queue::{OUTBOX_MAX_BYTES, OUTBOX_MAX_FRAMES};
