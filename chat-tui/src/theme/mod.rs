//! What each thing on the screen looks like, from data. The only place that knows colours.

#[cfg(test)]
mod contrast;
mod depth;
mod load;
mod role;

pub use depth::Depth;
pub use load::{Theme, ThemeError};
pub use role::Role;
