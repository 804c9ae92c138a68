//! Rooms and the people in them, in their wire form. Must not know who may see what.

use serde::{Deserialize, Serialize};

use crate::cursor::Cursor;
use crate::ids::{RoomId, Seq, UserId};
use crate::presence::Presence;
use crate::text::{Description, RoomName, TopicText, Username};
use crate::time::UnixMillis;
pub use crate::unread::ReadMarker;

/// Who may see and join a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomKind {
    /// Every account may see, read and join it.
    Public,
    /// Only members may see it.
    Private,
    /// A direct message between a fixed set of people: one per set, without a name.
    Direct,
}

/// A room as all who may see it see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// Its id, for ever.
    pub id: RoomId,
    /// Who may see it.
    pub kind: RoomKind,
    /// Its present name; absent for a direct message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<RoomName>,
    /// The people of a direct message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<UserId>,
    /// The topic line, who set it and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<Topic>,
    /// The description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// The default life of its messages, in milliseconds; absent if they are persistent by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_ttl_ms: Option<u64>,
    /// Whether the room closes when its last member leaves.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closes_when_empty: bool,
    /// How many members it has.
    pub members: u32,
    /// When it was created.
    pub created_at: UnixMillis,
    /// Who created it.
    pub created_by: UserId,
    /// The server has removed the persistent messages up to this number because they were old: forget them. Absent if it
    /// has removed none.
    #[serde(default, skip_serializing_if = "Seq::is_zero")]
    pub pruned_to: Seq,
}

/// A topic line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topic {
    /// The line.
    pub text: TopicText,
    /// Who set it.
    pub by: UserId,
    /// When.
    pub at: UnixMillis,
}

/// A room as one of its members sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The room.
    pub room: Room,
    /// Its last number at this moment, as the cursor of a client that has applied everything; later events are pushed to
    /// subscribers.
    pub head: Cursor,
    /// This account's read marker.
    pub read_marker: ReadMarker,
    /// This account's role.
    pub role: Role,
}

/// A member's rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May read and post.
    Member,
    /// May also moderate.
    Moderator,
    /// May also give roles and close the room.
    Owner,
}

impl Role {
    /// Every role, from the least to the most.
    pub const ALL: [Self; 3] = [Self::Member, Self::Moderator, Self::Owner];
}

/// A member's answer: whether it takes part in what the room is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rsvp {
    /// No answer, or taken back.
    #[default]
    None,
    /// Might take part.
    Interested,
    /// Takes part.
    Attending,
}

/// How many members gave each answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RsvpCounts {
    /// Members who take part.
    pub attending: u32,
    /// Members who might.
    pub interested: u32,
}

/// One member of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The account.
    pub user: User,
    /// Its role.
    pub role: Role,
    /// Its answer.
    #[serde(default)]
    pub rsvp: Rsvp,
    /// Its presence.
    pub presence: Presence,
}

/// An account as others see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Its id, for ever.
    pub id: UserId,
    /// Its present name.
    pub name: Username,
}

#[cfg(test)]
mod tests {
    use serde::de::value::{Error, StrDeserializer};

    use super::*;

    #[test]
    fn the_list_of_roles_holds_every_role() {
        let read = |word| Role::deserialize(StrDeserializer::<Error>::new(word));
        // The error names every role: "unknown variant ``, expected one of `member`, …".
        let error = read("").expect_err("no role").to_string();
        let known: Vec<_> = error.split('`').skip(3).step_by(2).map(|word| read(word).expect("a role")).collect();
        assert_eq!(known, Role::ALL, "{error}");
    }
}
