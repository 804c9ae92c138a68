//! The loop of the full-screen client: events come in, the model changes, effects are carried out, the screen is drawn.
//! Must not decide what an event means.

mod clock;
mod effects;
mod event_loop;
mod external_editor;
mod frame_limiter;
mod link_opener;
mod look;
mod options;
#[cfg(test)]
mod redraw_cost;
mod translate;

pub use event_loop::run;
pub use options::{Colours, KeepSignIn, Notifies, RunError, RunOptions};
