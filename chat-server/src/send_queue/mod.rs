//! What waits to be written to one connection: bounded, however slow its reader is. Must not know sockets or rooms.

mod handle;
mod queue;

pub use handle::SendQueue;
pub use queue::{SEND_QUEUE_MAX_BYTES, SEND_QUEUE_MAX_FRAMES};
