//! The account stream: what concerns one person on all their devices, with its own numbers and catching up. Must not
//! know sockets or the database.

mod connections;
mod standings;

pub use connections::{ConnectionFigures, Connections, Device};
