//! The settings: built-in defaults, then the file, the environment and the flags; all mistakes are reported at once.
//! Must not know how a server runs.

mod check;
mod habits;
mod raw;
mod sizes;

pub use check::{Config, ConfigError, LogFormat, Overrides};
#[cfg(test)]
pub(crate) use raw::variables_of_flags;
