//! Routes every event to the part that handles it. Must not handle anything itself.

mod actions;
mod answers;
mod link;
mod mouse;
mod outcomes;
mod pushes;
mod timers;
mod update;

pub use update::update;
