//! The terminal: enters and leaves its modes, reads keys, writes cells. The only place that knows crossterm; must not
//! know the model.

mod background;
mod capabilities;
mod cluster;
mod desktop;
mod early_input;
#[cfg(test)]
mod grid;
mod guard;
mod input;
mod late_answer;
mod pen;
mod probe;
mod rows;
mod screen;
mod shift;
mod suspend;
#[cfg(test)]
mod test_backend;

pub use background::Background;
pub use capabilities::{Capabilities, Environment, NotificationKind};
pub use cluster::Clusters;
pub use desktop::{bell, clipboard, notification};
pub use guard::{Guard, leave, restore_on_panic};
pub use input::{Input, Inputs, Pointer};
pub use probe::{Probe, ProbeResult};
pub use screen::{Frame, Screen};
pub use suspend::suspend;
#[cfg(test)]
pub(crate) use test_backend::TestBackend;
