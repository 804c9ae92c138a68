//! The client: team chat as a Unix tool.

pub mod cli;
pub mod config;
#[cfg(feature = "local-server")]
pub mod local;
pub mod net;
pub mod text;
