//! Rooms and the people in them, as they travel. Must not know who may see what.

use serde::{Deserialize, Serialize};

use crate::ids::{RoomId, Seq, UserId};
use crate::presence::Presence;
use crate::text::{Description, RoomName, TopicText, Username};
use crate::time::UnixMillis;

/// Who may see and enter a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomKind {
    /// Every account may see, read and join it.
    Public,
    /// Only members and invited accounts know that it exists.
    Private,
    /// A conversation of a fixed set of people; one for each set, without a name of its own.
    Direct,
}

/// A room as everyone who may see it sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// Its id, for ever.
    pub id: RoomId,
    /// Who may see it.
    pub kind: RoomKind,
    /// Its present name; absent for a direct conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<RoomName>,
    /// The people of a direct conversation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<UserId>,
    /// The topic line with who set it and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<Topic>,
    /// What the room is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// The life of messages that name none, in milliseconds; absent where they last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_ttl_ms: Option<u64>,
    /// Whether the room closes when its last member leaves.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closes_when_empty: bool,
    /// How many members it has.
    pub members: u32,
    /// When it was made.
    pub created_at: UnixMillis,
    /// Who made it.
    pub created_by: UserId,
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
    /// Its last number when this was said; what comes later is pushed to those who subscribe.
    pub head: Seq,
    /// What this account has read and not read.
    pub read_marker: ReadMarker,
    /// What the account may do there.
    pub role: Role,
}

/// What one account has read in one room, and what that leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadMarker {
    /// All up to here has been read.
    pub read_seq: Seq,
    /// Lasting messages after it.
    pub unread: u32,
    /// Messages after it that name this account.
    pub mentions: u32,
}

/// What a member may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads and writes.
    Member,
    /// Also keeps order.
    Moderator,
    /// Also gives roles and may close the room.
    Owner,
}

/// Whether someone takes part in what the room is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rsvp {
    /// Has said nothing, or took it back.
    #[default]
    None,
    /// Might come.
    Interested,
    /// Comes.
    Attending,
}

/// How many said what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RsvpCounts {
    /// Members who come.
    pub attending: u32,
    /// Members who might come.
    pub interested: u32,
}

/// One member of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Who.
    pub user: User,
    /// What they may do.
    pub role: Role,
    /// Whether they take part.
    #[serde(default)]
    pub rsvp: Rsvp,
    /// Whether they are there just now.
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
