//! The full-screen client's way to one server, kept up for as long as the program runs.

mod handle;
mod machine;
mod task;
#[cfg(test)]
mod tests;

pub use handle::{LinkCommand, LinkEvent, LinkHandle, LinkOptions, Prepare};
