//! The chat server: rooms, presence, typing, trending words, messages that persist or expire.

pub mod access;
pub mod account;
pub mod auth;
pub mod cli;
mod clock;
pub mod config;
pub mod doctor;
mod foreground;
pub mod histogram;
pub mod limits;
pub mod live;
mod metrics;
mod post_digest;
pub mod presence;
pub mod reply;
pub mod room;
pub mod send_queue;
pub mod session;
mod shutdown;
pub mod store;
pub mod telemetry;
pub mod transport;
pub mod trending;
pub mod typing;
mod wiring;

pub use foreground::run_in_foreground;
pub use shutdown::signalled;
pub use wiring::{Ready, ServeError, serve};
