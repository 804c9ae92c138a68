//! The features of the screen, one file each. Each works on the [`Model`](super::state::model::Model).
//!
//! A part may use parts below it, never in a circle; what is another part's business it returns as an
//! [`Outcome`](super::state::outcome::Outcome). Must not know the routing.

pub mod activity;
pub mod catch_up;
pub mod code_language;
pub mod command_line;
pub mod commands;
pub mod completion;
pub mod composer;
pub mod drafts;
pub mod edit_history;
pub mod editor;
pub mod history;
pub mod input_history;
pub mod names;
pub mod navigation;
pub mod outbox;
pub mod overlay;
pub mod overlays;
pub mod panes;
pub mod reading;
pub mod restore;
pub mod room_queues;
pub mod rooms;
pub mod saving;
pub mod scrolling;
pub mod selection;
pub mod server;
pub mod switcher;
pub mod typing;
