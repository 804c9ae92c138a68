//! The lines of rooms, their members and their trending words. Must not know messages.

use chat_proto::ids::{RoomId, Seq, UserId};
use chat_proto::request::{RoomInfoAnswer, RoomListing};
use chat_proto::room::{Member, Membership, Room, RsvpCounts, Topic};
use chat_proto::text::Description;
use chat_proto::trending::TrendingWord;
use serde::Serialize;

use super::message::UnreadFields;
use super::moment::Moment;
use super::people::PresenceFields;
use super::value::{NameOf, RoomFields, UserFields};
use super::words;

/// The server itself, which created #general; no account has this id.
const SERVER: UserId = UserId(0);

/// A room in a list.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct RoomLine<'a> {
    #[serde(flatten)]
    room: RoomDetails<'a>,
    #[serde(flatten)]
    activity: ActivityFields,
}

impl<'a> RoomLine<'a> {
    /// The line of a room; `name_of` knows the people in it.
    pub fn new(listing: &'a RoomListing, name_of: NameOf<'_>) -> Self {
        Self { room: RoomDetails::new(&listing.room, name_of), activity: listing.into() }
    }
}

/// A room with its counts.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct RoomInfoLine<'a> {
    #[serde(flatten)]
    room: RoomDetails<'a>,
    #[serde(flatten)]
    activity: ActivityFields,
    head: Seq,
    messages: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    rsvp: &'static str,
    attending: u32,
    interested: u32,
}

impl<'a> RoomInfoLine<'a> {
    /// The line of a room; `name_of` knows the people in it.
    pub fn new(info: &'a RoomInfoAnswer, name_of: NameOf<'_>) -> Self {
        Self {
            room: RoomDetails::new(&info.listing.room, name_of),
            activity: (&info.listing).into(),
            head: info.head,
            messages: info.messages,
            role: info.role.map(words::role),
            rsvp: words::rsvp(info.own_rsvp),
            attending: info.rsvp.attending,
            interested: info.rsvp.interested,
        }
    }
}

/// A room the account is now a member of.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct JoinedLine<'a> {
    #[serde(flatten)]
    room: RoomDetails<'a>,
    head: Seq,
    role: &'static str,
    #[serde(flatten)]
    unread: UnreadFields,
}

impl<'a> JoinedLine<'a> {
    /// The line of a membership; `name_of` knows the people in the room.
    pub fn new(membership: &'a Membership, name_of: NameOf<'_>) -> Self {
        Self {
            room: RoomDetails::new(&membership.room, name_of),
            head: membership.head.seq,
            role: words::role(membership.role),
            unread: (&membership.read_marker).into(),
        }
    }
}

/// A room the account has left.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct LeftLine<'a> {
    room: RoomFields<'a>,
}

impl<'a> LeftLine<'a> {
    /// The line of a room.
    pub fn new(room: &'a str, room_id: RoomId) -> Self {
        Self { room: RoomFields::new(room_id, room) }
    }
}

/// A room's topic.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct RoomTopicLine<'a> {
    room: RoomFields<'a>,
    #[serde(flatten)]
    topic: TopicFields<'a>,
}

impl<'a> RoomTopicLine<'a> {
    /// The line of a room's topic; `name_of` knows who set it.
    pub fn new(room: &'a str, room_id: RoomId, topic: Option<&'a Topic>, name_of: NameOf<'_>) -> Self {
        Self { room: RoomFields::new(room_id, room), topic: TopicFields::new(topic, name_of) }
    }
}

/// A room's description.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct RoomDescriptionLine<'a> {
    room: RoomFields<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
}

impl<'a> RoomDescriptionLine<'a> {
    /// The line of a room's description.
    pub fn new(room: &'a str, room_id: RoomId, description: Option<&'a Description>) -> Self {
        Self { room: RoomFields::new(room_id, room), description: description.map(Description::as_str) }
    }
}

/// A member of a room.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct MemberLine<'a> {
    room: RoomFields<'a>,
    user: UserFields<'a>,
    role: &'static str,
    rsvp: &'static str,
    #[serde(flatten)]
    presence: PresenceFields<'a>,
}

impl<'a> MemberLine<'a> {
    /// The line of a member.
    pub fn new(room: &'a str, room_id: RoomId, member: &'a Member) -> Self {
        Self {
            room: RoomFields::new(room_id, room),
            user: (&member.user).into(),
            role: words::role(member.role),
            rsvp: words::rsvp(member.rsvp),
            presence: (&member.presence).into(),
        }
    }
}

/// How many members of a room answered.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct RsvpCountsLine<'a> {
    room: RoomFields<'a>,
    attending: u32,
    interested: u32,
}

impl<'a> RsvpCountsLine<'a> {
    /// The line of a room's counts.
    pub fn new(room: &'a str, room_id: RoomId, counts: RsvpCounts) -> Self {
        let RsvpCounts { attending, interested } = counts;
        Self { room: RoomFields::new(room_id, room), attending, interested }
    }
}

/// A trending word of a room.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct TrendingLine<'a> {
    room: RoomFields<'a>,
    word: &'a str,
    score: f64,
}

impl<'a> TrendingLine<'a> {
    /// The line of a trending word.
    pub fn new(room: &'a str, room_id: RoomId, word: &'a TrendingWord) -> Self {
        Self { room: RoomFields::new(room_id, room), word: &word.word, score: word.score }
    }
}

/// A room and all that describes it.
#[derive(Debug, Serialize)]
struct RoomDetails<'a> {
    room: RoomFields<'a>,
    kind: &'static str,
    #[serde(flatten)]
    topic: TopicFields<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_ttl_ms: Option<u64>,
    closes_when_empty: bool,
    members: u32,
    /// The two people of a direct message.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    users: Vec<UserFields<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by: Option<UserFields<'a>>,
    created_at: Moment,
}

impl<'a> RoomDetails<'a> {
    fn new(room: &'a Room, name_of: NameOf<'_>) -> Self {
        let user = |id| UserFields::new(id, name_of(id));
        Self {
            room: room.into(),
            kind: words::kind(room.kind),
            topic: TopicFields::new(room.topic.as_ref(), name_of),
            description: room.description.as_ref().map(Description::as_str),
            default_ttl_ms: room.default_ttl_ms,
            closes_when_empty: room.closes_when_empty,
            members: room.members,
            users: room.people.iter().copied().map(user).collect(),
            created_by: (room.created_by != SERVER).then(|| user(room.created_by)),
            created_at: room.created_at.into(),
        }
    }
}

/// A room's topic, its author and its time; nothing if it has none.
#[derive(Debug, Serialize)]
struct TopicFields<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic_by: Option<UserFields<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic_at: Option<Moment>,
}

impl<'a> TopicFields<'a> {
    fn new(topic: Option<&'a Topic>, name_of: NameOf<'_>) -> Self {
        Self {
            topic: topic.map(|topic| topic.text.as_str()),
            topic_by: topic.map(|topic| UserFields::new(topic.by, name_of(topic.by))),
            topic_at: topic.map(|topic| topic.at.into()),
        }
    }
}

/// The account's membership and the life in a room.
#[derive(Debug, Serialize)]
struct ActivityFields {
    is_member: bool,
    online: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_message_at: Option<Moment>,
}

impl From<&RoomListing> for ActivityFields {
    fn from(listing: &RoomListing) -> Self {
        Self {
            is_member: listing.is_member,
            online: listing.online,
            last_message_at: listing.last_message_at.map(Moment::from),
        }
    }
}
