//! The frames that wait to be sent to one connection, and the rooms that feed it. Must not know how frames are encoded or written.

mod handle;
mod queue;

pub use handle::SendQueue;
pub use queue::{Frame, SEND_QUEUE_MAX_BYTES, SEND_QUEUE_MAX_FRAMES};
