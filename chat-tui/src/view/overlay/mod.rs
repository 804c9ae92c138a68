//! Overlays, one file for each. They read the model and change nothing. Must not know the keys that open them.

mod deletion;
mod edit_history;
mod frame;
mod help;
mod history_search;
mod info;
mod links;
mod list;
mod open;
mod sign_in;
mod switcher;

pub(super) use open::{covers, draw};
