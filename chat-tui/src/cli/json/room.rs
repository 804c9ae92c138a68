//! The lines of rooms, their members and their trending words. Must not know messages.

use chat_proto::ids::{RoomId, Seq, UserId};
use chat_proto::presence::Presence;
use chat_proto::request::{RoomInfoAnswer, RoomListing};
use chat_proto::room::{Member, Membership, ReadMarker, Room, RsvpCounts, Topic, User};
use chat_proto::text::{Description, RoomName, StatusText};
use chat_proto::trending::TrendingWord;
use serde::Serialize;

use super::moment::Moment;
use super::words;

/// A room in a list.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct RoomLine<'a> {
    is_member: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_message_at: Option<Moment>,
    online: u32,
    room: RoomFields<'a>,
}

impl<'a> From<&'a RoomListing> for RoomLine<'a> {
    fn from(listing: &'a RoomListing) -> Self {
        Self {
            is_member: listing.is_member,
            last_message_at: listing.last_message_at.map(Moment::from),
            online: listing.online,
            room: (&listing.room).into(),
        }
    }
}

/// A room with its counts.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct RoomInfoLine<'a> {
    head: Seq,
    is_member: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_message_at: Option<Moment>,
    messages: u64,
    online: u32,
    own_rsvp: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    room: RoomFields<'a>,
    rsvp: RsvpCountsFields,
    users: Vec<UserFields<'a>>,
}

impl<'a> From<&'a RoomInfoAnswer> for RoomInfoLine<'a> {
    fn from(info: &'a RoomInfoAnswer) -> Self {
        let listing = &info.listing;
        Self {
            head: info.head,
            is_member: listing.is_member,
            last_message_at: listing.last_message_at.map(Moment::from),
            messages: info.messages,
            online: listing.online,
            own_rsvp: words::rsvp(info.own_rsvp),
            role: info.role.map(words::role),
            room: (&listing.room).into(),
            rsvp: RsvpCountsFields { attending: info.rsvp.attending, interested: info.rsvp.interested },
            users: info.users.iter().map(UserFields::from).collect(),
        }
    }
}

/// A room the account is now a member of.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct JoinedLine<'a> {
    head: Seq,
    read_marker: ReadMarkerFields,
    role: &'static str,
    room: RoomFields<'a>,
}

impl<'a> From<&'a Membership> for JoinedLine<'a> {
    fn from(membership: &'a Membership) -> Self {
        let ReadMarker { read_seq, unread, mentions, .. } = membership.read_marker;
        Self {
            head: membership.head.seq,
            read_marker: ReadMarkerFields { mentions, read_seq, unread },
            role: words::role(membership.role),
            room: (&membership.room).into(),
        }
    }
}

/// A room the account has left.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct LeftLine<'a> {
    /// The room's name.
    pub room: &'a str,
    /// The room's id.
    pub room_id: RoomId,
}

/// A room's topic, or `null`.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct RoomTopicLine<'a> {
    room: &'a str,
    room_id: RoomId,
    topic: Option<TopicFields<'a>>,
}

impl<'a> RoomTopicLine<'a> {
    /// The line of a room's topic.
    pub fn new(room: &'a str, room_id: RoomId, topic: Option<&'a Topic>) -> Self {
        Self { room, room_id, topic: topic.map(TopicFields::from) }
    }
}

/// A room's description, or `null`.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct RoomDescriptionLine<'a> {
    description: Option<&'a str>,
    room: &'a str,
    room_id: RoomId,
}

impl<'a> RoomDescriptionLine<'a> {
    /// The line of a room's description.
    pub fn new(room: &'a str, room_id: RoomId, description: Option<&'a Description>) -> Self {
        Self { description: description.map(Description::as_str), room, room_id }
    }
}

/// A member of a room.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct MemberLine<'a> {
    presence: PresenceFields<'a>,
    role: &'static str,
    room: &'a str,
    room_id: RoomId,
    rsvp: &'static str,
    user: UserFields<'a>,
}

impl<'a> MemberLine<'a> {
    /// The line of a member.
    pub fn new(room: &'a str, room_id: RoomId, member: &'a Member) -> Self {
        Self {
            presence: (&member.presence).into(),
            role: words::role(member.role),
            room,
            room_id,
            rsvp: words::rsvp(member.rsvp),
            user: (&member.user).into(),
        }
    }
}

/// How many members of a room answered.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct RsvpCountsLine<'a> {
    attending: u32,
    interested: u32,
    room: &'a str,
    room_id: RoomId,
}

impl<'a> RsvpCountsLine<'a> {
    /// The line of a room's counts.
    pub fn new(room: &'a str, room_id: RoomId, counts: RsvpCounts) -> Self {
        Self { attending: counts.attending, interested: counts.interested, room, room_id }
    }
}

/// A trending word of a room.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct TrendingLine<'a> {
    room: &'a str,
    room_id: RoomId,
    score: f64,
    word: &'a str,
}

impl<'a> TrendingLine<'a> {
    /// The line of a trending word.
    pub fn new(room: &'a str, room_id: RoomId, word: &'a TrendingWord) -> Self {
        Self { room, room_id, score: word.score, word: &word.word }
    }
}

/// A room.
#[derive(Debug, Serialize)]
struct RoomFields<'a> {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    closes_when_empty: bool,
    created_at: Moment,
    created_by: UserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_ttl_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    id: RoomId,
    kind: &'static str,
    members: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    people: &'a [UserId],
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<TopicFields<'a>>,
}

impl<'a> From<&'a Room> for RoomFields<'a> {
    fn from(room: &'a Room) -> Self {
        Self {
            closes_when_empty: room.closes_when_empty,
            created_at: room.created_at.into(),
            created_by: room.created_by,
            default_ttl_ms: room.default_ttl_ms,
            description: room.description.as_ref().map(Description::as_str),
            id: room.id,
            kind: words::kind(room.kind),
            members: room.members,
            name: room.name.as_ref().map(RoomName::as_str),
            people: &room.people,
            topic: room.topic.as_ref().map(TopicFields::from),
        }
    }
}

#[derive(Debug, Serialize)]
struct TopicFields<'a> {
    at: Moment,
    by: UserId,
    text: &'a str,
}

impl<'a> From<&'a Topic> for TopicFields<'a> {
    fn from(topic: &'a Topic) -> Self {
        Self { at: topic.at.into(), by: topic.by, text: topic.text.as_str() }
    }
}

#[derive(Debug, Serialize)]
struct ReadMarkerFields {
    mentions: u32,
    read_seq: Seq,
    unread: u32,
}

#[derive(Debug, Serialize)]
struct RsvpCountsFields {
    attending: u32,
    interested: u32,
}

#[derive(Debug, Serialize)]
struct PresenceFields<'a> {
    availability: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a str>,
}

impl<'a> From<&'a Presence> for PresenceFields<'a> {
    fn from(presence: &'a Presence) -> Self {
        Self {
            availability: words::availability(presence.availability),
            last_seen: presence.last_seen.map(Moment::from),
            status: presence.status.as_ref().map(StatusText::as_str),
        }
    }
}

#[derive(Debug, Serialize)]
struct UserFields<'a> {
    id: UserId,
    name: &'a str,
}

impl<'a> From<&'a User> for UserFields<'a> {
    fn from(user: &'a User) -> Self {
        Self { id: user.id, name: user.name.as_str() }
    }
}
