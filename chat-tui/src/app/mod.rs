//! What the screen shows and how it changes: messages in, effects out. Pure.
//!
//! `update(&mut Model, Msg, now)` is the one way in; what has to be done in the world comes out as [`Effect`]s.
//! Knows no terminal, clock, disk or socket; the view reads the model and changes nothing.

#![deny(clippy::disallowed_methods)]

mod answers;
mod catch_up;
mod code_language;
mod commands;
mod completion;
mod composer;
mod editor;
mod effect;
mod input_history;
mod link;
mod messages;
mod model;
mod mouse;
mod msg;
mod navigation;
mod outbox;
pub mod overlay;
mod panes;
mod persistence;
mod pushes;
mod reading;
mod room;
mod room_key;
mod room_queues;
mod server;
#[cfg(test)]
pub(crate) mod tests;
mod timeline;
mod timeline_entry;
mod timers;
mod typing;
mod update;
mod viewport;

pub use completion::{Candidate, candidates};
pub use editor::Editor;
pub use effect::{Effect, PersistOp, SavedRoom, StoredPost};
pub use model::{Focus, Model, Notice, Setup};
pub use msg::{LinkMsg, Msg, Refusal, Restored, RestoredRoom};
pub use outbox::{PendingPost, PostState};
pub use panes::{Fold, Pane, Panes};
pub use room::{CatchUp, History, Room, Scroll};
pub use room_key::{RoomKey, ServerKey};
pub use room_queues::{DeliveryStatus, delivery_status};
pub use server::{LinkState, Server};
pub use timeline::Timeline;
pub use timeline_entry::{EntryKind, MessageContent, RoomEvent, TimelineEntry};
pub use update::update;
pub use viewport::{Area, Mouse, Target, Viewport};
