//! The lines of commands about messages: earlier versions, changes, reading. Must not know timeline items.

use chat_proto::ids::{RoomId, Seq};
use chat_proto::message::Version;
use chat_proto::request::Changed;
use chat_proto::room::{Membership, ReadMarker};
use serde::Serialize;

use super::item::ItemNames;
use super::moment::Moment;

/// An earlier text of a message.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct VersionLine<'a> {
    body: &'a str,
    id: String,
    replaced_at: Moment,
    room: &'a str,
    room_id: RoomId,
}

impl<'a> VersionLine<'a> {
    /// The line of an earlier text of message `seq`.
    pub fn new(version: &'a Version, seq: Seq, names: ItemNames<'a>) -> Self {
        Self {
            body: version.body.as_str(),
            id: format!("{}/{seq}", names.room),
            replaced_at: version.replaced_at.into(),
            room: names.room,
            room_id: names.room_id,
        }
    }
}

/// A change of a message or of a room, with its number.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct ChangeLine<'a> {
    changed: Seq,
    /// The message that changed; for a change of a room, the change itself.
    id: String,
    room: &'a str,
    room_id: RoomId,
}

impl<'a> ChangeLine<'a> {
    /// The line of a change of message `seq`.
    pub fn message(room: &'a str, room_id: RoomId, seq: Seq, answer: Changed) -> Self {
        Self { changed: answer.changed, id: format!("{room}/{seq}"), room, room_id }
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
    /// Whether ephemeral messages are not counted: the server cannot reach them.
    lacks_ephemeral: bool,
    mentions: u32,
    read_seq: Seq,
    room: &'a str,
    room_id: RoomId,
    unread: u32,
}

impl<'a> ReadMarkerLine<'a> {
    /// The line of a read marker that was moved to message `seq`.
    pub fn new(room: &'a str, room_id: RoomId, seq: Seq, marker: &ReadMarker) -> Self {
        let ReadMarker { read_seq, unread, mentions, lacks_ephemeral, .. } = *marker;
        Self { id: format!("{room}/{seq}"), lacks_ephemeral, mentions, read_seq, room, room_id, unread }
    }
}

/// A room with unread messages.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct UnreadLine<'a> {
    head: Seq,
    /// Whether ephemeral messages are not counted: the server cannot reach them.
    lacks_ephemeral: bool,
    mentions: u32,
    read_seq: Seq,
    room: &'a str,
    room_id: RoomId,
    unread: u32,
}

impl<'a> UnreadLine<'a> {
    /// The line of a membership; `room` is the room's name.
    pub fn new(room: &'a str, membership: &Membership) -> Self {
        let ReadMarker { read_seq, unread, mentions, lacks_ephemeral, .. } = membership.read_marker;
        let (head, room_id) = (membership.head.seq, membership.room.id);
        Self { head, lacks_ephemeral, mentions, read_seq, room, room_id, unread }
    }
}
