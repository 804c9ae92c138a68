//! Catching up with rooms: every change once, in order, without a gap. Pure: knows numbers only; must not know
//! sockets, timelines or screens.

#![deny(clippy::disallowed_methods)]

mod cursor;
mod life;

pub use cursor::{Arrival, Cursor};
pub use life::Life;
