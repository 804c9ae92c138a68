//! Rooms. Each is an actor around pure rules: `state` knows members and lives, `commit` decides which changes become
//! visible, in which order and under which numbers. Must not know connections or the wire's errors.

mod actor;
mod command;
mod commit;
mod directory;
mod ephemeral_index;
mod error;
mod fanout;
mod handle;
mod in_flight;
mod join_runs;
mod live_sync;
mod living;
mod members;
mod observer;
mod page;
mod refill;
mod registry;
mod ring;
mod ring_bounds;
mod rsvps;
mod runs;
mod services;
mod state;
mod unread;

pub use command::{ChangedMessage, Joined, Snapshot};
pub use error::RoomError;
pub use handle::{RoomChanges, RoomHistory, Rooms};
pub use observer::RoomObserver;
pub use registry::Registry;
pub use ring_bounds::{RING_EVENTS, RingBounds};
pub use services::{Counters, REFILLS, Services};

#[cfg(test)]
pub(crate) mod decided;
#[cfg(test)]
mod tests;
