//! The objects that lines share: a room and a person, each with its id and name. Must not know the lines.

use std::borrow::Cow;

use chat_proto::ids::{RoomId, UserId};
use chat_proto::room::{Room, User};
use serde::Serialize;

/// A room: the value of each field `room`.
#[derive(Clone, Debug, Serialize)]
pub(in crate::cli) struct RoomFields<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<RoomId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Cow<'a, str>>,
}

impl<'a> RoomFields<'a> {
    /// A room by its id and the name that people see.
    pub fn new(id: RoomId, name: &'a str) -> Self {
        // A direct message has no name; people see its id. No room can be named like an id.
        Self { id: Some(id), name: name.parse::<RoomId>().is_err().then_some(name.into()) }
    }

    /// A room as it was typed, by its name or its id, where no server could be asked.
    pub fn typed(room: &str) -> Self {
        let id = room.parse().ok();
        let name = room.strip_prefix('#').unwrap_or(room).to_owned();
        Self { id, name: id.is_none().then_some(name.into()) }
    }
}

impl<'a> From<&'a Room> for RoomFields<'a> {
    fn from(room: &'a Room) -> Self {
        Self { id: Some(room.id), name: room.name.as_ref().map(|name| name.as_str().into()) }
    }
}

/// A person: the value of the fields `from`, `user`, `created_by` and `topic_by`.
#[derive(Clone, Debug, Serialize)]
pub(in crate::cli) struct UserFields<'a> {
    id: UserId,
    name: Cow<'a, str>,
}

impl<'a> UserFields<'a> {
    /// A person by their id and name.
    pub fn new(id: UserId, name: impl Into<Cow<'a, str>>) -> Self {
        Self { id, name: name.into() }
    }

    /// Their name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl<'a> From<&'a User> for UserFields<'a> {
    fn from(user: &'a User) -> Self {
        Self::new(user.id, user.name.as_str())
    }
}

/// Returns the name of a person whose id alone is known.
pub(in crate::cli) type NameOf<'n> = &'n dyn Fn(UserId) -> String;
