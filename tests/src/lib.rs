//! Shared test support: real programs, started and ended by the test that needs them. Must not know their code: of ours it uses
//! the protocol alone.

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
