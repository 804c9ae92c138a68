//! The chat server: rooms, presence, typing, trending words, persistent and ephemeral messages. Must not know the client.
//!
//! The program `chat-server` is a thin wrapper around this library; the client embeds it as a server of your own.
//! The protocol itself, from `hello` to catching up, is the first page of [`chat_proto`].
//!
//! # Where to start
//!
//! [`serve`] opens the stores, starts every service, listens, and returns after a clean shutdown; [`run_in_foreground`]
//! adds arguments, log and signals around it. To follow one message, read in this order:
//!
//! 1. [`transport`] accepts a connection and turns WebSocket messages into text.
//! 2. [`connection`] is one signed-in caller: its JSON door decodes a request, and [`connection::call`], the core under every
//!    door, checks it and calls its handler.
//! 3. [`room`] is an actor for each room. It alone assigns sequence numbers; it answers the author once the message is
//!    stored, then passes it to everyone who listens.
//! 4. [`send_queue`] holds events until the connection writes them, bounded however slow the reader is.
//!
//! # Map
//!
//! | area | modules |
//! |---|---|
//! | connections | [`transport`], [`connection`], [`push`], [`send_queue`], [`limits`] |
//! | all of it together | [`server`] (the state that all connections share), [`access`] (who may do what) |
//! | people | [`account`] (events for all devices of a person), [`auth`], [`presence`], [`typing`] |
//! | rooms | [`room`], [`trending`] |
//! | storage | [`store`] (the database: SQLite), [`live`] (ephemeral messages, leases: memory or Redis), [`reply`] |
//! | running it | [`config`], [`cli`], [`manual`], [`backup`], [`prune`], [`doctor`], [`output`], [`telemetry`], [`histogram`] |
//!
//! Imports point one way: `transport` to `connection` to `server` to the services, these to `store` and `live`. SQL stays in
//! `store::sqlite`, Redis in `live::redis`, HTTP and WebSocket in `transport`. `tests/architecture` checks it, and
//! ARCHITECTURE.md gives the reasons.

pub mod access;
pub mod account;
pub mod auth;
pub mod backup;
mod byte_size;
pub mod cli;
mod clock;
pub mod config;
pub mod connection;
pub mod doctor;
mod fatal;
mod foreground;
mod held_signals;
pub mod histogram;
pub mod limits;
pub mod live;
pub mod manual;
mod metrics;
pub mod output;
mod post_digest;
pub mod presence;
mod progress_line;
pub mod prune;
pub mod push;
mod reload;
pub mod reply;
pub mod room;
pub mod send_queue;
pub mod server;
mod service_manager;
mod shutdown;
pub mod store;
mod stored;
pub mod tasks;
pub mod telemetry;
pub mod transport;
pub mod trending;
pub mod typing;
mod wiring;

pub use fatal::{in_lines, in_one_line, install_reports};
pub use foreground::run_in_foreground;
pub use held_signals::HeldSignals;
pub use reload::ReadSettings;
pub use shutdown::signalled;
pub use wiring::{Ready, ServeError, serve};
