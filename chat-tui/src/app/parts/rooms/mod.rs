//! One room: its state ([`Room`](room::Room) and its pieces), and its features, each in a file of its own as further
//! methods of `Room`. Must not know the other rooms, or how a room is opened.

pub mod backlog;
pub mod catch_up;
pub mod drafts;
pub mod history;
pub mod outbox;
pub mod pending_post;
pub mod place;
pub mod queues;
pub mod reading;
pub mod room;
pub mod saving;
pub mod scrolling;
pub mod sight;
pub mod timeline;
pub mod typing;
pub mod unloaded;
pub mod unread;
pub mod writing;
