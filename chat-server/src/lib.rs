//! The chat server: rooms, presence, typing, topics, messages that stay or expire.

pub mod limits;
pub mod live;
pub mod presence;
pub mod store;
pub mod typing;
