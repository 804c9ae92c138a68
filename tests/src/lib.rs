//! Shared test support: real programs, started and ended by the test that needs them.

pub mod client;
pub mod detour;
pub mod peer;
pub mod program;
pub mod pty;
pub mod redis;
pub mod running;
pub mod screen;
pub mod server;
pub mod trace;
pub mod wait;
