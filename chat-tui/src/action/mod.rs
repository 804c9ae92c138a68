//! Everything a person can do, in one table. Keys, slash commands, completion and help come from it; it must not know
//! them.

mod table;

pub use table::{
    Action, ActionGroup, ActionSpec, CommandAction, KeyContext, ListAction, MessageAction, ScreenAction, Slash,
    WritingAction,
};
