//! The one loop: what happens comes in, the model changes, what must be done is done, the screen is drawn.

mod clock;
mod effects;
mod event_loop;
mod external_editor;
mod frame_limiter;
mod options;
#[cfg(test)]
mod redraw_cost;
mod translate;

pub use event_loop::run;
pub use options::{Colours, Notifies, RunError, RunOptions};
