//! The settings: built-in defaults, then the file, the environment and the flags; all mistakes are reported at once.
//! Must not know how a server runs.

mod changes;
mod check;
mod habits;
mod inherit;
mod listen_address;
mod log;
mod overrides;
mod raw;
mod sizes;

pub use changes::Changes;
pub use check::{Config, ConfigError};
pub use log::{LogFormat, LogLevel};
pub use overrides::Overrides;
#[cfg(test)]
pub(crate) use raw::variables_of_flags;
