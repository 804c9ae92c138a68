//! The terminal: entered and always left again, keys read, cells written. The only place that knows crossterm.

mod capabilities;
mod cluster;
mod desktop;
#[cfg(test)]
mod grid;
mod guard;
mod input;
mod pen;
mod probe;
mod rows;
mod screen;
mod shift;
mod suspend;
#[cfg(test)]
mod test_backend;

pub use capabilities::Capabilities;
pub use cluster::Clusters;
pub use desktop::{bell, clipboard, notification};
pub use guard::{Guard, leave, restore_on_panic};
pub use input::{Input, Inputs, Pointer};
pub use probe::ProbeResult;
pub use screen::{Frame, Screen};
pub use suspend::suspend;
#[cfg(test)]
pub(crate) use test_backend::TestBackend;
