//! The one loop: what happens comes in, the model changes, what must be done is done, the screen is drawn.

mod clock;
#[cfg(test)]
mod cost;
mod effects;
mod external_editor;
mod options;
mod pace;
mod run;
mod translate;

pub use options::{Colours, Notifies, RunError, RunOptions};
pub use run::run;
