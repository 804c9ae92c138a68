//! One signed-in caller: how it signs in, what each request does, what is pushed to it. Must not know sockets; only
//! `json_door` knows JSON.

mod account_snapshot;
mod bounds;
mod call;
mod chain;
mod error;
mod handlers;
mod hello;
mod json_door;
mod mentions;
mod presences;
mod read_marker;
mod row;
mod sign_in;
mod signed_in;
mod snapshot_size;

pub use call::{begin_post, call};
pub use chain::ChainState;
pub use error::Refusal;
pub use hello::Arrival;
pub use json_door::JsonDoor;
pub use row::Row;
pub use sign_in::{SignedIn, sign_in};
pub use signed_in::Connection;

#[cfg(test)]
mod tests;
