//! The look of everything on the screen, as data. The only place that knows colours; must not know what is drawn.

mod choice;
#[cfg(test)]
mod contrast;
mod depth;
mod load;
mod role;

pub use choice::{Remembered, ThemeChoice};
pub use depth::Depth;
pub use load::{Theme, ThemeError};
pub use role::Role;
