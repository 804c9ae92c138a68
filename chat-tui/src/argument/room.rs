//! A room as typed: `general`, `#general`, `R12`, `@ana`. Pure: must not know whether it is there.

#![deny(clippy::disallowed_methods)]

use std::fmt;
use std::str::FromStr;

use chat_proto::ids::RoomId;
use chat_proto::text::{RoomName, Username};

/// Reads a room's name, with or without `#`.
///
/// # Errors
/// A clause for the user.
pub fn room_name(typed: &str) -> Result<RoomName, String> {
    let name = typed.strip_prefix('#').unwrap_or(typed);
    name.parse().map_err(|error| format!("a room's name {error}; one looks like #ops"))
}

/// A room as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomRef {
    /// By name, with or without `#`.
    Name(RoomName),
    /// By id.
    Id(RoomId),
    /// The direct message room shared with somebody.
    Person(Username),
}

impl FromStr for RoomRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(person) = text.strip_prefix('@') {
            return person.parse().map(Self::Person).map_err(|error| format!("the name after @ {error}"));
        }
        if let Ok(id) = text.parse() {
            return Ok(Self::Id(id));
        }
        room_name(text).map(Self::Name)
    }
}

impl fmt::Display for RoomRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "#{name}"),
            Self::Id(id) => id.fmt(f),
            Self::Person(name) => write!(f, "@{name}"),
        }
    }
}
