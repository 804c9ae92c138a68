//! Keys, their spelling, and which action each stands for.

mod bindings;
mod key;

pub use bindings::{Keymap, KeymapError};
pub use key::{Code, Key, KeyError};
