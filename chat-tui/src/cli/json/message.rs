//! The lines of commands about messages: earlier versions, changes, reading. Must not know timeline items.

use chat_proto::ids::{RoomId, Seq};
use chat_proto::message::{Item, Version};
use chat_proto::request::Changed;
use chat_proto::room::{Membership, ReadMarker};
use serde::Serialize;

use super::item::ItemNames;
use super::moment::Moment;
use super::value::{RoomFields, UserFields};

/// An earlier text of a message.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct VersionLine<'a> {
    id: String,
    room: RoomFields<'a>,
    seq: Seq,
    from: UserFields<'a>,
    body: &'a str,
    replaced_at: Moment,
}

impl<'a> VersionLine<'a> {
    /// The line of an earlier text of a message.
    pub fn new(version: &'a Version, item: &Item, names: ItemNames<'a>) -> Self {
        Self {
            id: format!("{}/{}", names.room, item.seq),
            room: RoomFields::new(names.room_id, names.room),
            seq: item.seq,
            from: UserFields::new(item.by, names.from),
            body: version.body.as_str(),
            replaced_at: version.replaced_at.into(),
        }
    }
}

/// A change of a message or of a room, with its number.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct ChangeLine<'a> {
    /// The message that changed; for a change of a room, the change itself.
    id: String,
    room: RoomFields<'a>,
    changed: Seq,
}

impl<'a> ChangeLine<'a> {
    /// The line of a change of message `seq`.
    pub fn message(room: &'a str, room_id: RoomId, seq: Seq, answer: Changed) -> Self {
        Self { id: format!("{room}/{seq}"), room: RoomFields::new(room_id, room), changed: answer.changed }
    }

    /// The line of a change of the room.
    pub fn room(room: &'a str, room_id: RoomId, answer: Changed) -> Self {
        Self::message(room, room_id, answer.changed, answer)
    }
}

/// A room's read marker after `chat read`.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct ReadMarkerLine<'a> {
    /// The message named on the command line, or the last one read.
    id: String,
    room: RoomFields<'a>,
    read_seq: Seq,
    unread: u32,
    mentions: u32,
    /// Whether ephemeral messages are not counted: the server cannot reach them.
    lacks_ephemeral: bool,
}

impl<'a> ReadMarkerLine<'a> {
    /// The line of a read marker that was moved to message `seq`.
    pub fn new(room: &'a str, room_id: RoomId, seq: Seq, marker: &ReadMarker) -> Self {
        let ReadMarker { read_seq, unread, mentions, lacks_ephemeral, .. } = *marker;
        let (id, room) = (format!("{room}/{seq}"), RoomFields::new(room_id, room));
        Self { id, room, read_seq, unread, mentions, lacks_ephemeral }
    }
}

/// A room with unread messages.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct UnreadLine<'a> {
    room: RoomFields<'a>,
    head: Seq,
    read_seq: Seq,
    unread: u32,
    mentions: u32,
    /// Whether ephemeral messages are not counted: the server cannot reach them.
    lacks_ephemeral: bool,
}

impl<'a> UnreadLine<'a> {
    /// The line of a membership; `room` is the room's name.
    pub fn new(room: &'a str, membership: &Membership) -> Self {
        let ReadMarker { read_seq, unread, mentions, lacks_ephemeral, .. } = membership.read_marker;
        let (room, head) = (RoomFields::new(membership.room.id, room), membership.head.seq);
        Self { room, head, read_seq, unread, mentions, lacks_ephemeral }
    }
}
