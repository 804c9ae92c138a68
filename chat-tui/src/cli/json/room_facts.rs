//! The lines about one part of a room: its topic, description, members, counts and trending words. Must not know messages.

use chat_proto::ids::RoomId;
use chat_proto::room::{Member, RsvpCounts, Topic};
use chat_proto::text::{Description, StatusText};
use chat_proto::trending::TrendingWord;
use serde::Serialize;

use super::moment::Moment;
use super::value::{NameOf, RoomFields, UserFields};
use super::words;

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
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic_by: Option<UserFields<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic_at: Option<Moment>,
}

impl<'a> RoomTopicLine<'a> {
    /// The line of a room's topic; `name_of` knows who set it.
    pub fn new(room: &'a str, room_id: RoomId, topic: Option<&'a Topic>, name_of: NameOf<'_>) -> Self {
        let topic = TopicFacts::new(topic, name_of);
        let room = RoomFields::new(room_id, room);
        Self { room, topic: topic.text, topic_by: topic.by, topic_at: topic.at }
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
    availability: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen: Option<Moment>,
}

impl<'a> MemberLine<'a> {
    /// The line of a member.
    pub fn new(room: &'a str, room_id: RoomId, member: &'a Member) -> Self {
        Self {
            room: RoomFields::new(room_id, room),
            user: (&member.user).into(),
            role: words::role(member.role),
            rsvp: words::rsvp(member.rsvp),
            availability: words::availability(member.presence.availability),
            status: member.presence.status.as_ref().map(StatusText::as_str),
            last_seen: member.presence.last_seen.map(Moment::from),
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

/// A room's topic, its author and its time; nothing if it has none.
pub(super) struct TopicFacts<'a> {
    pub text: Option<&'a str>,
    pub by: Option<UserFields<'a>>,
    pub at: Option<Moment>,
}

impl<'a> TopicFacts<'a> {
    pub(super) fn new(topic: Option<&'a Topic>, name_of: NameOf<'_>) -> Self {
        Self {
            text: topic.map(|topic| topic.text.as_str()),
            by: topic.map(|topic| UserFields::new(topic.by, name_of(topic.by))),
            at: topic.map(|topic| topic.at.into()),
        }
    }
}
