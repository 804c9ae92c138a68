//! The client: team chat in the terminal, a full-screen client that is also a Unix tool.

pub mod action;
pub mod app;
pub mod cache;
pub mod cli;
pub mod config;
pub mod keymap;
#[cfg(feature = "local-server")]
pub mod local;
pub mod net;
pub mod runtime;
pub mod terminal;
pub mod text;
pub mod theme;
pub mod view;
