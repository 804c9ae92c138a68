//! Requests about rooms and their members, each with its answer. Must not know who may make them.

use serde::{Deserialize, Serialize};

use crate::ids::{RoomId, Seq};
use crate::room::{Member, Role, Room, RoomKind, Rsvp, RsvpCounts, User};
use crate::text::{Description, RoomName, TopicText, Username};
use crate::time::UnixMillis;

/// Creates a room and joins it as its owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateRoom {
    /// Its name.
    pub name: RoomName,
    /// Who may see it.
    pub kind: RoomKind,
    /// The topic line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<TopicText>,
    /// The description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// The life of messages that name none, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_ttl_ms: Option<u64>,
    /// Whether it closes when its last member leaves.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closes_when_empty: bool,
}

/// Joins a room. Joining again changes nothing and answers the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Join {
    /// The room.
    pub room: RoomId,
}

/// Leaves a room. Leaving again changes nothing. Once it is answered, nothing of the room is pushed to the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leave {
    /// The room.
    pub room: RoomId,
}

/// Lists the rooms this account may see, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListRooms {
    /// Only names after this one; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<RoomName>,
    /// Most entries: 1 – 200.
    pub limit: u32,
}

/// The answer to `list_rooms`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomsPage {
    /// By name.
    pub rooms: Vec<RoomListing>,
    /// Whether there are more.
    pub has_more: bool,
}

/// A room in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomListing {
    /// The room.
    pub room: Room,
    /// How many of its members are online.
    pub online: u32,
    /// Whether this account is a member.
    pub is_member: bool,
    /// When its last message was posted; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message_at: Option<UnixMillis>,
}

/// Returns one room with its counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomInfo {
    /// The room.
    pub room: RoomId,
}

/// The answer to `room_info`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomInfoAnswer {
    /// The room as in a list.
    #[serde(flatten)]
    pub listing: RoomListing,
    /// Its last number.
    pub head: Seq,
    /// Its persistent messages.
    pub messages: u64,
    /// How many take part.
    pub rsvp: RsvpCounts,
    /// This account's answer.
    pub own_rsvp: Rsvp,
    /// This account's role; absent if it is not a member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The accounts named in it: who created it, who set the topic.
    pub users: Vec<User>,
}

/// Sets the topic line; absent: clears it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetTopic {
    /// The room.
    pub room: RoomId,
    /// The new line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<TopicText>,
}

/// Sets the description; absent: clears it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetDescription {
    /// The room.
    pub room: RoomId,
    /// The new text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
}

/// Lists the members of a room, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Members {
    /// The room.
    pub room: RoomId,
    /// Only names after this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Username>,
    /// Most entries: 1 – 200.
    pub limit: u32,
}

/// The answer to `members`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembersPage {
    /// By name.
    pub members: Vec<Member>,
    /// Whether there are more.
    pub has_more: bool,
    /// How many members the room has.
    pub total: u32,
    /// How many of them are online.
    pub online: u32,
}

/// Says whether this account takes part. The same answer again changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetRsvp {
    /// The room.
    pub room: RoomId,
    /// The answer.
    pub answer: Rsvp,
}
