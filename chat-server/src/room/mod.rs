//! Rooms: each is an actor around pure rules. It alone gives numbers, when it accepts; what it accepted stands in one
//! FIFO while the stores work; whoever asked is answered, and the others told, when an entry reaches the front.

mod actor;
mod command;
mod compensation;
mod ephemeral_index;
mod error;
mod fanout;
mod handle;
mod in_flight;
mod live_sync;
mod observer;
mod page;
mod registry;
mod ring;
mod rsvps;
mod state;

pub use command::{Joined, Snapshot};
pub use error::RoomError;
pub use handle::{Page, Rooms};
pub use observer::RoomObserver;
pub use registry::{Counters, REFILLS, Registry, Services};

#[cfg(test)]
mod tests;
