//! One room: its pieces, each with its own rules. Must not know the other rooms, or which room is open.

pub mod backlog;
pub mod pending_post;
pub mod room;
pub mod saving;
pub mod timeline;
pub mod typing;
pub mod unloaded;
pub mod unread;
pub mod writing;
