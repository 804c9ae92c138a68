//! The screen's model: plain data, each piece with the rules that concern it alone.
//!
//! Must not know the parts that work on it, nor each other beyond what a piece is made of.

pub mod backlog;
pub mod completion;
pub mod editor;
pub mod effect;
pub mod input_history;
pub mod model;
pub mod msg;
pub mod outcome;
pub mod overlay;
pub mod panes;
pub mod pending_post;
pub mod purpose;
pub mod reading;
pub mod room;
pub mod room_key;
pub mod saving;
pub mod server;
pub mod timeline;
pub mod timeline_entry;
pub mod typing;
pub mod unloaded;
pub mod viewport;
pub mod writing;
