//! What a person can do, in one table: keys, slash commands, completion and help all come from it.

mod table;

pub use table::{Action, ActionSpec, KeyContext, Slash};
