//! The way to a server: addresses, one link under the screen and the command line, typed requests, rooms followed over
//! reconnects. Must not know screens or commands.

mod address;
mod client;
mod connection;
mod follower;
mod link;
mod metrics;
#[cfg(test)]
mod scripted_server;
mod server_clock;
mod tls;

pub use address::{AddressError, HostAddress, ServerAddress};
pub use client::{Client, PendingAnswer};
pub use connection::probe;
pub use follower::{FollowError, Followed, FollowedItem, Follower, RoomStart};
pub use link::{LinkCommand, LinkHandle, LinkOptions, Locate, Prepare};
pub use metrics::metrics;
pub use server_clock::ServerClock;
