//! Holds all parts (the [`Model`]), and routes every event to the part that handles it, with the pieces of other parts that
//! it needs. Must not handle anything itself.

mod actions;
mod answers;
mod changes;
mod link;
mod model;
mod mouse;
mod outcomes;
mod pushes;
mod restore;
mod saving;
mod sign_in;
mod timers;
mod update;

pub use model::Model;
pub use update::update;
