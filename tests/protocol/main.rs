//! Conversations frame by frame: refusals, retries, limits, and a client in plain sockets.

mod plain_client;
mod presence;
mod refusals;
mod resuming;
mod signing_in;
mod unreadable;
