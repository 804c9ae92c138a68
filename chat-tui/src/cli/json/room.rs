//! The lines of rooms. Must not know messages, or what single commands say of a room.

use chat_proto::ids::{Seq, UserId};
use chat_proto::request::{RoomInfoAnswer, RoomListing};
use chat_proto::room::{Membership, ReadMarker};
use chat_proto::text::Description;
use serde::Serialize;

use super::moment::Moment;
use super::room_facts::TopicFacts;
use super::value::{NameOf, RoomFields, UserFields};
use super::words;

/// The server itself, which created #general; no account has this id.
pub(in crate::cli) const SERVER: UserId = UserId(0);

/// A room in a list.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct RoomLine<'a> {
    room: RoomFields<'a>,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic_by: Option<UserFields<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic_at: Option<Moment>,
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
    is_member: bool,
    online: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_message_at: Option<Moment>,
}

impl<'a> RoomLine<'a> {
    /// The line of a room; `name_of` knows the people in it.
    pub fn new(listing: &'a RoomListing, name_of: NameOf<'_>) -> Self {
        let user = |id| UserFields::new(id, name_of(id));
        let (room, topic) = (&listing.room, TopicFacts::new(listing.room.topic.as_ref(), name_of));
        Self {
            room: room.into(),
            kind: words::kind(room.kind),
            topic: topic.text,
            topic_by: topic.by,
            topic_at: topic.at,
            description: room.description.as_ref().map(Description::as_str),
            default_ttl_ms: room.default_ttl_ms,
            closes_when_empty: room.closes_when_empty,
            members: room.members,
            users: room.people.iter().copied().map(user).collect(),
            created_by: (room.created_by != SERVER).then(|| user(room.created_by)),
            created_at: room.created_at.into(),
            is_member: listing.is_member,
            online: listing.online,
            last_message_at: listing.last_message_at.map(Moment::from),
        }
    }
}

/// A room with its counts.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct RoomInfoLine<'a> {
    room: RoomFields<'a>,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic_by: Option<UserFields<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic_at: Option<Moment>,
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
    is_member: bool,
    online: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_message_at: Option<Moment>,
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
        let listing = &info.listing;
        let user = |id| UserFields::new(id, name_of(id));
        let (room, topic) = (&listing.room, TopicFacts::new(listing.room.topic.as_ref(), name_of));
        Self {
            room: room.into(),
            kind: words::kind(room.kind),
            topic: topic.text,
            topic_by: topic.by,
            topic_at: topic.at,
            description: room.description.as_ref().map(Description::as_str),
            default_ttl_ms: room.default_ttl_ms,
            closes_when_empty: room.closes_when_empty,
            members: room.members,
            users: room.people.iter().copied().map(user).collect(),
            created_by: (room.created_by != SERVER).then(|| user(room.created_by)),
            created_at: room.created_at.into(),
            is_member: listing.is_member,
            online: listing.online,
            last_message_at: listing.last_message_at.map(Moment::from),
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
    room: RoomFields<'a>,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic_by: Option<UserFields<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic_at: Option<Moment>,
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
    head: Seq,
    role: &'static str,
    read_seq: Seq,
    unread: u32,
    mentions: u32,
    /// Whether ephemeral messages are not counted: the server cannot reach them.
    lacks_ephemeral: bool,
}

impl<'a> JoinedLine<'a> {
    /// The line of a membership; `name_of` knows the people in the room.
    pub fn new(membership: &'a Membership, name_of: NameOf<'_>) -> Self {
        let ReadMarker { read_seq, unread, mentions, lacks_ephemeral, .. } = membership.read_marker;
        let user = |id| UserFields::new(id, name_of(id));
        let (room, topic) = (&membership.room, TopicFacts::new(membership.room.topic.as_ref(), name_of));
        Self {
            room: room.into(),
            kind: words::kind(room.kind),
            topic: topic.text,
            topic_by: topic.by,
            topic_at: topic.at,
            description: room.description.as_ref().map(Description::as_str),
            default_ttl_ms: room.default_ttl_ms,
            closes_when_empty: room.closes_when_empty,
            members: room.members,
            users: room.people.iter().copied().map(user).collect(),
            created_by: (room.created_by != SERVER).then(|| user(room.created_by)),
            created_at: room.created_at.into(),
            head: membership.head.seq,
            role: words::role(membership.role),
            read_seq,
            unread,
            mentions,
            lacks_ephemeral,
        }
    }
}
