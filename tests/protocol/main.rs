//! Conversations frame by frame: refusals, retries, limits, and a client in plain sockets.

mod plain_client;
mod refusals;
mod resuming;
mod unreadable;
