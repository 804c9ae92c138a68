//! Plain data that passes between the parts of the screen, and in and out of it: constructors and questions, no rules.
//!
//! Nothing here changes itself. Must not know the parts.

pub mod attention;
pub mod completion;
pub mod draft;
pub mod effect;
pub mod msg;
pub mod notice;
pub mod outcome;
pub mod pane;
pub mod place;
pub mod purpose;
pub mod room_key;
pub mod setup;
pub mod timeline_entry;
pub mod viewport;
