//! Rooms: each is an actor around pure rules. It alone gives numbers, when it accepts; what it accepted stands in one
//! FIFO while the stores work; whoever asked is answered, and the others told, when an entry reaches the front.

mod actor;
mod alive;
mod command;
mod error;
mod fanout;
mod flight;
mod handle;
mod page;
mod refused;
mod registry;
mod ring;
mod state;
mod tides;
mod witness;

pub use command::Snapshot;
pub use error::RoomError;
pub use handle::{Page, Rooms};
pub use registry::{Counters, REFILLS, Registry, Services};
pub use witness::Witness;
