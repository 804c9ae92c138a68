//! The way to a server: addresses, connections, typed requests, rooms followed over reconnects. Must not know screens.

mod address;
mod client;
mod connection;
mod error;
mod follower;
mod link;
mod metrics;
#[cfg(test)]
mod scripted_server;

pub use address::ServerAddress;
pub use client::{Client, ConnectOptions, PendingAnswer};
pub use error::{CallError, NetError};
pub use follower::{FollowedItem, Follower, RoomStart};
pub use link::{LinkCommand, LinkEvent, LinkHandle, LinkOptions, Prepare};
pub use metrics::metrics;
