//! The requests, by subject: one function each. Must not know doors or how answers are encoded.

pub(super) mod account;
pub(super) mod change;
pub(super) mod live;
pub(super) mod members;
pub(super) mod page;
pub(super) mod people;
pub(super) mod post;
pub(super) mod rooms;
