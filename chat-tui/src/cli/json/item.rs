//! The lines of timeline items: messages and everything else with a sequence number. Must not know other lines' fields.

use chat_proto::ids::{ClientKey, RoomId, Seq};
use chat_proto::message::{Content, Item, JoinRun};
use chat_proto::text::{CodeLanguage, Description, TopicText};
use serde::Serialize;

use super::moment::Moment;
use super::value::{RoomFields, UserFields};
use super::words;

/// An item of a room's timeline: its place and author, then the fields of its type.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct ItemLine<'a> {
    id: String,
    room: RoomFields<'a>,
    seq: Seq,
    from: UserFields<'a>,
    at: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    edited_at: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<Seq>,
    /// The number of the last change, if the item has changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    changed: Option<Seq>,
    /// The topic or description that was set; absent if it was cleared.
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rsvp: Option<&'static str>,
    /// The room's answers right after this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    attending: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interested: Option<u32>,
    /// Whether the key had been accepted before; only on the line that answers a post.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    duplicate: bool,
}

/// The present names of an item's room and author.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct ItemNames<'a> {
    /// The room's id.
    pub room_id: RoomId,
    /// The room's name.
    pub room: &'a str,
    /// The author's name.
    pub from: &'a str,
}

impl<'a> ItemLine<'a> {
    /// The line of an item in its present state.
    pub fn new(item: &'a Item, names: ItemNames<'a>) -> Self {
        let mut line = Self {
            id: format!("{}/{}", names.room, item.seq),
            room: RoomFields::new(names.room_id, names.room),
            seq: item.seq,
            from: UserFields::new(item.by, names.from),
            at: item.at.into(),
            body: None,
            code: None,
            expires_at: None,
            edited_at: None,
            key: None,
            reply_to: None,
            changed: (item.changed != item.seq).then_some(item.changed),
            topic: None,
            description: None,
            new_name: None,
            rsvp: None,
            attending: None,
            interested: None,
            duplicate: false,
        };
        line.fill(&item.content);
        line
    }

    /// The same line, saying whether the key had been accepted before.
    pub fn duplicate(self, is_duplicate: bool) -> Self {
        Self { duplicate: is_duplicate, ..self }
    }

    fn fill(&mut self, content: &'a Content) {
        match content {
            Content::Message(message) => {
                self.body = Some(message.body.as_str());
                self.code = message.code.as_ref().map(CodeLanguage::as_str);
                self.expires_at = message.expires_at.map(Moment::from);
                self.edited_at = message.edited_at.map(Moment::from);
                self.key = message.key.as_ref().map(ClientKey::as_str);
                self.reply_to = message.reply_to;
            }
            Content::Expired { expired_at } => self.expires_at = Some((*expired_at).into()),
            Content::Topic { topic } => self.topic = topic.as_ref().map(TopicText::as_str),
            Content::Description { description } => self.description = description.as_ref().map(Description::as_str),
            Content::Renamed { name } => self.new_name = Some(name.as_str()),
            Content::Rsvp { answer, counts, answered_at } => {
                self.rsvp = Some(words::rsvp(*answer));
                self.attending = Some(counts.attending);
                self.interested = Some(counts.interested);
                // The line tells of the present answer, not of the first.
                if let Some(at) = answered_at {
                    self.at = (*at).into();
                }
            }
            Content::Deleted { .. } | Content::Join | Content::Leave | Content::Damaged => {}
        }
    }
}

/// Joins and leaves between two items of a room's timeline.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct JoinsLine<'a> {
    #[serde(skip)]
    room_name: &'a str,
    room: RoomFields<'a>,
    from_seq: Seq,
    to_seq: Seq,
    /// When the last was.
    at: Moment,
    joined: u32,
    left: u32,
    /// Some of the people, the latest first.
    users: Vec<UserFields<'a>>,
    #[serde(skip)]
    names_all: bool,
}

impl<'a> JoinsLine<'a> {
    /// The line of a run; `users` are the names of those it names.
    pub fn new(run: &JoinRun, (room_id, room): (RoomId, &'a str), users: &'a [String]) -> Self {
        let JoinRun { from_seq, to_seq, at, joined, left, users: ref ids } = *run;
        let names_all = run.names_all() || (joined + left) as usize == ids.len();
        let users = ids.iter().zip(users).map(|(id, name)| UserFields::new(*id, name.as_str())).collect();
        let fields = RoomFields::new(room_id, room);
        Self { room_name: room, room: fields, from_seq, to_seq, at: at.into(), joined, left, users, names_all }
    }

    /// The place of the last: `general/12`.
    pub fn id(&self) -> String {
        format!("{}/{}", self.room_name, self.to_seq)
    }

    /// What happened: `ana joined`, `12 people joined: ana, ben, …`, `3 joins, 1 leave: ana, ben`.
    pub fn text(&self) -> String {
        let names = self.users.iter().map(UserFields::name).collect::<Vec<_>>().join(", ");
        let plural = |count: u32, of: &str| if count == 1 { format!("1 {of}") } else { format!("{count} {of}s") };
        let more = if self.names_all { "" } else { ", …" };
        match (self.joined, self.left) {
            (1, 0) => format!("{names} joined"),
            (0, 1) => format!("{names} left"),
            (joined, 0) => format!("{joined} people joined: {names}{more}"),
            (0, left) => format!("{left} people left: {names}{more}"),
            (joined, left) => format!("{}, {}: {names}{more}", plural(joined, "join"), plural(left, "leave")),
        }
    }
}
