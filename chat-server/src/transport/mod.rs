//! How bytes come in and go out: listeners, the HTTP surface, one WebSocket for one connection.

mod accept;
mod frames;
mod http;
mod listen;
mod socket;

pub use accept::serve;
pub use listen::{BindError, Listen, Listeners, UnixListen};
