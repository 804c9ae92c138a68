//! The link to one server: connects, greets, keeps the connection alive and makes it again. The screen and the command
//! line run on it; it must not know either.

mod deadlines;
mod driver;
mod handle;
mod machine;
mod options;
mod policy;
mod sleep;
#[cfg(test)]
mod tests;
mod wire;

pub use handle::LinkHandle;
pub use options::{LinkCommand, LinkOptions, Locate, Prepare};
