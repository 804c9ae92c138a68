//! The settings: the embedded defaults, the file, the environment and the flags, in this order; checked all at once.

mod check;
mod raw;

pub use check::{Config, ConfigError, LogFormat, Overrides};
#[cfg(test)]
pub(crate) use raw::variables_of_flags;
