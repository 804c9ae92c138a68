//! Requests about rooms and their members, each with its answer.

use serde::{Deserialize, Serialize};

use crate::ids::{RoomId, Seq};
use crate::room::{Member, Role, Room, RoomKind, Rsvp, RsvpCounts, User};
use crate::text::{Description, RoomName, TopicText, Username};
use crate::time::UnixMillis;

/// Makes a room and joins it as its owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateRoom {
    /// Its name.
    pub name: RoomName,
    /// Who may see it.
    pub kind: RoomKind,
    /// The topic line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<TopicText>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// The life of messages that name none, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_ttl_ms: Option<u64>,
    /// Whether it closes when its last member leaves.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closes_when_empty: bool,
}

/// Becomes a member. Joining again changes nothing and answers the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Join {
    /// Which room.
    pub room: RoomId,
}

/// Is no longer a member. Leaving again changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leave {
    /// Which room.
    pub room: RoomId,
}

/// The rooms this account may see, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListRooms {
    /// Only names after this one; absent: from the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<RoomName>,
    /// At most so many: 1 – 200.
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
    /// How many of its members are there.
    pub online: u32,
    /// Whether this account is a member.
    pub is_member: bool,
    /// When its last message came; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message_at: Option<UnixMillis>,
}

/// One room with its counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomInfo {
    /// Which room.
    pub room: RoomId,
}

/// The answer to `room_info`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomInfoAnswer {
    /// The room as it stands in a list.
    #[serde(flatten)]
    pub listing: RoomListing,
    /// Its last number.
    pub head: Seq,
    /// Lasting messages in it.
    pub messages: u64,
    /// Who takes part.
    pub rsvp: RsvpCounts,
    /// What this account said.
    pub own_rsvp: Rsvp,
    /// What this account may do there; absent for non-members.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The accounts named in it: who made it, who set the topic.
    pub users: Vec<User>,
}

/// Sets the topic line, or clears it where absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetTopic {
    /// Which room.
    pub room: RoomId,
    /// The new line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<TopicText>,
}

/// Sets the description, or clears it where absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetDescription {
    /// Which room.
    pub room: RoomId,
    /// The new text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
}

/// The members of a room, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Members {
    /// Which room.
    pub room: RoomId,
    /// Only names after this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Username>,
    /// At most so many: 1 – 200.
    pub limit: u32,
}

/// The answer to `members`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembersPage {
    /// By name.
    pub members: Vec<Member>,
    /// Whether there are more.
    pub has_more: bool,
    /// How many there are in all.
    pub total: u32,
    /// How many of them are there.
    pub online: u32,
}

/// Says whether one takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetRsvp {
    /// Which room.
    pub room: RoomId,
    /// The answer.
    pub answer: Rsvp,
}
