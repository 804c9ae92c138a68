//! Keys, their spelling, and the action each is bound to. Must not know the terminal or what actions do.

mod bindings;
mod key;

pub use bindings::Keymap;
pub use key::{Code, Key, KeyError};
