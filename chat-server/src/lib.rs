//! The chat server: rooms, presence, typing, topics, messages that stay or expire.

pub mod account;
pub mod limits;
pub mod live;
pub mod outbox;
pub mod presence;
pub mod room;
pub mod store;
pub mod topics;
pub mod typing;
