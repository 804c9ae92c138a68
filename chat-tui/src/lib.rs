//! The client: team chat in the terminal, a full-screen client that is also a Unix tool. Only `local` may know the server.
//!
//! The program `chat` calls [`cli::run`] and nothing else. Without a subcommand it opens the screen; with one it sends,
//! follows or waits and ends with an exit code that scripts rely on. The protocol is the first page of [`chat_proto`].
//!
//! # Where to start
//!
//! The screen is a loop around two pure functions. [`runtime`] waits for keys, time and the network and hands each of
//! them to [`app`] as a message. `app` changes its model and returns effects; `runtime` carries them out. Then [`view`]
//! draws the model into cells, and [`terminal`] writes only the cells that changed. A bug is usually found
//! in `app::update`; a test there needs neither a terminal nor a server.
//!
//! A subcommand is one file below `cli::command`. It takes a signed-in session from its context and prints through
//! `cli::output`.
//!
//! # Map
//!
//! | area | modules |
//! |---|---|
//! | the screen | [`app`] (state and rules), [`view`] (drawing), [`text`], [`theme`], [`terminal`], [`runtime`] |
//! | keys and commands | [`action`] (one table for keys, slash commands and help), [`keymap`], [`argument`] (durations, rooms, answers as typed; for flags, too) |
//! | the command line | [`cli`] |
//! | the network | [`net`] (connections, requests, following rooms over reconnects), [`link_event`] (events and errors of a link), [`catch_up`] (the cursor over a room's changes) |
//! | on this machine | [`config`], [`cache`] (SQLite: last screens, drafts, unsent messages), `local` (own server) |
//!
//! `local` needs the feature `local-server`, on by default, and is the only module that names the server. Text of other
//! people reaches a terminal only as [`text::SafeText`]. `app` and `view` are pure: no clock, no disk, no network.
//! `tests/architecture` checks the imports, and ARCHITECTURE.md gives the reasons.

pub mod action;
pub mod app;
pub mod argument;
pub mod cache;
pub mod catch_up;
pub mod cli;
pub mod config;
pub mod keymap;
pub mod link_event;
#[cfg(feature = "local-server")]
pub mod local;
pub mod net;
pub mod runtime;
pub mod terminal;
pub mod text;
pub mod theme;
pub mod view;
