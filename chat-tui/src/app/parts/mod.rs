//! What the screen can do, one file a part: its own state, and methods that take everything else as arguments.
//!
//! What is another part's business, a part adds to [`Outcomes`](outcomes::Outcomes). Parts know parts below them, never in
//! a circle. Must not know the model, which holds them all, or the routing.

pub mod activity;
pub mod client_keys;
pub mod code_language;
pub mod command_line;
pub mod commands;
pub mod completion;
pub mod composer;
pub mod deletion;
pub mod deletions;
pub mod edit_history;
pub mod editor;
pub mod first_keys;
pub mod habits;
pub mod history_search;
pub mod input_history;
pub mod link_list;
pub mod navigation;
pub mod notices;
pub mod open_room;
pub mod outcomes;
pub mod overlays;
pub mod panes;
pub mod recent;
pub mod requests;
pub mod room_info;
pub mod rooms;
pub mod selection;
pub mod sending;
pub mod server;
pub mod sign_in;
pub mod silence;
pub mod switcher;
pub mod unclaimed;
mod undo;
