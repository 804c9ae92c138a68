//! Catching up with rooms: every change once, in order, without a gap. Pure: knows numbers only; must not know
//! sockets, timelines or screens.

#![deny(clippy::disallowed_methods)]

mod following;
mod life;

pub use following::{Arrival, Following, Step};
pub use life::{Entered, Life};
