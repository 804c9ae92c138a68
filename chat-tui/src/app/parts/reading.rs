//! Counts what is unread, marks as read what is visible, and notifies of messages meant for the user.
//! Must not know how messages arrive or are drawn.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::{Seq, UserId};
use chat_proto::message::{Content, Item, Message};
use chat_proto::presence::Availability;
use chat_proto::request::Read;
use chat_proto::room::ReadMarker;
use chat_proto::time::UnixMillis;
use chat_proto::unread::UnreadEphemeral;

use crate::app::model::{Focus, Model};
use crate::app::parts::rooms::room::{Room, Scroll};
use crate::app::parts::server::Server;
use crate::app::state::effect::Effect;
use crate::app::state::purpose::Purpose;
use crate::app::state::room_key::RoomKey;
use crate::app::state::timeline_entry::TimelineEntry;
use crate::text::SafeText;

/// Whether the user is looking at the newest messages of a room.
fn is_being_read(model: &Model, room_key: RoomKey) -> bool {
    let is_at_end = model.rooms.get(&room_key).is_some_and(|room| room.scroll == Scroll::End);
    model.current == Some(room_key) && model.has_focus && is_at_end
}

/// A page of changes arrived. A message on it may have been posted and changed since the counts were taken: only the
/// server knows whether it was counted.
pub fn on_page(model: &mut Model, room_key: RoomKey, items: &[Item]) {
    let now = model.now;
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    let is_persistent = |content: &Content| match content {
        Content::Message(message) => message.expires_at.is_none(),
        Content::Deleted { .. } | Content::Damaged => true,
        Content::Expired { .. }
        | Content::Join
        | Content::Leave
        | Content::Topic { .. }
        | Content::Description { .. }
        | Content::Renamed { .. }
        | Content::Rsvp { .. } => false,
    };
    if items.iter().any(|item| is_persistent(&item.content) && room.reading.is_after_counts(item.changed)) {
        room.reading.recount(now);
    }
}

/// A message arrived, new or changed. Counts it if it is unread.
pub fn on_message(model: &mut Model, room_key: RoomKey, item: &Item, message: &Message) {
    let Some(me) = model.servers.get(&room_key.server).and_then(Server::my_id) else { return };
    let (now, is_being_read) = (model.server_now(room_key), is_being_read(model, room_key));
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    if !is_being_read || room.reading.is_marked_unread {
        room.reading.count(me, item, message, now);
    }
    if message.expires_at.is_none() {
        room.reading.counted(item.changed);
    }
}

/// A message was deleted.
pub fn on_deleted(model: &mut Model, room_key: RoomKey, item: &Item) {
    let me = model.servers.get(&room_key.server).and_then(Server::my_id);
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    let content = room.timeline.get(item.seq).and_then(TimelineEntry::content);
    let known = content.map(|content| (content.expires_at().is_some(), content.mentions_me));
    room.reading.uncount(item, known, Some(item.by) == me);
}

/// A new message arrived.
pub fn on_new_message(model: &mut Model, room_key: RoomKey, item: &Item, message: &Message) {
    let server = model.servers.get(&room_key.server);
    let me = server.and_then(Server::my_id);
    if Some(item.by) == me {
        return;
    }
    let mentions_me = me.is_some_and(|me| message.mentions.contains(&me));
    let is_dnd = me.zip(server).is_some_and(|(me, server)| server.presence(me).availability == Availability::Dnd);
    let is_being_read = is_being_read(model, room_key);
    let is_open = model.current == Some(room_key);
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    // The line "new" stands where the user stopped looking.
    if !is_being_read && is_open && room.reading.new_after.is_none() {
        room.reading.new_after = Some(Seq(item.seq.0.saturating_sub(1)));
    }
    let is_for_me = mentions_me || room.is_direct();
    if is_for_me && !is_dnd && !model.has_focus {
        notify(model, room_key, item, message);
    }
}

fn notify(model: &mut Model, room_key: RoomKey, item: &Item, message: &Message) {
    let Some(server) = model.servers.get(&room_key.server) else { return };
    let title = format!("{} in #{}", server.name(item.by).as_str(), model.title(room_key).as_str());
    let body: String = message.body.as_str().chars().take(200).collect();
    model.effects.push(Effect::Notify { title: SafeText::line(&title), body: SafeText::line(&body) });
}

/// Marks the open room as read while the user looks at its newest messages. The server learns it at most once a second.
pub fn mark_visible_as_read(model: &mut Model) {
    let Some(room_key) = model.current.filter(|room_key| is_being_read(model, *room_key)) else { return };
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    if !room.following.is_current() || room.reading.is_marked_unread {
        return;
    }
    let read_seq = room.reading.marker.read_seq.max(room.following.applied());
    room.reading.read_up_to(read_seq);
    if next_read_marker(model).is_some_and(|at| at <= model.now) {
        send_read_marker(model, room_key);
    }
}

/// When the read marker of the open room is to be sent; `None` if the server knows it.
pub fn next_read_marker(model: &Model) -> Option<UnixMillis> {
    let (room_key, room) = model.room()?;
    room.reading.next_send().filter(|_| model.is_ready(room_key.server) && is_being_read(model, room_key))
}

fn send_read_marker(model: &mut Model, room_key: RoomKey) {
    let now = model.now;
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    room.reading.on_sent(now);
    let read = Read { room: room_key.room, seq: Some(room.reading.marker.read_seq), rewind: false };
    model.ask(room_key.server, read, Purpose::Nothing);
}

/// The user marks the open room as read.
pub fn mark_read(model: &mut Model) {
    let Some(room_key) = model.current else { return };
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    room.reading.read_up_to(room.following.applied());
    room.reading.new_after = None;
    room.reading.is_marked_unread = false;
    send_read_marker(model, room_key);
}

/// The user marks the open room as unread, from the selected message on, or from the last one.
pub fn mark_unread(model: &mut Model) {
    let Some(room_key) = model.current else { return };
    let selected = match model.focus {
        Focus::Message(seq) => Some(seq),
        Focus::Composer => None,
    };
    if !model.is_ready(room_key.server) {
        model.show_error("Server unreachable; try again once you are connected.");
        return;
    }
    let me = model.servers.get(&room_key.server).and_then(Server::my_id);
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    let Some(marker) = marker_before(room, selected, me) else {
        model.show_info("No messages from other people here.");
        return;
    };
    let read = Read { room: room_key.room, seq: Some(marker.read_seq), rewind: true };
    room.reading.mark_unread(marker);
    model.ask(room_key.server, read, Purpose::UserAction("could not mark as unread"));
    model.show_info("Marked as unread.");
}

/// The read marker that makes a message the first unread one; the last message if none is selected. One's own messages
/// are never unread. `None` if there is no message by anyone else.
fn marker_before(room: &Room, selected: Option<Seq>, me: Option<UserId>) -> Option<ReadMarker> {
    let others = room.timeline.entries().iter().filter(|entry| entry.content().is_some() && Some(entry.by) != me);
    let from = selected.or(others.clone().next_back().map(|entry| entry.seq))?;
    let read_seq = Seq(from.0.saturating_sub(1));
    let after = others.filter(|entry| entry.seq > read_seq);
    let mut marker = ReadMarker { read_seq, ..ReadMarker::default() };
    let mut ephemeral = Vec::new();
    for (seq, content) in after.filter_map(|entry| Some((entry.seq, entry.content()?))) {
        let is_mention = content.mentions_me;
        if let Some(expires_at) = content.expires_at() {
            ephemeral.push(UnreadEphemeral { seq, expires_at, is_mention });
        } else {
            marker.unread += 1;
            marker.mentions += u32::from(is_mention);
        }
    }
    Some(marker.with_ephemeral(ephemeral))
}

/// Asks for the counts that are in doubt.
pub fn ask_counts_if_due(model: &mut Model) {
    let is_due = |room: &Room, now| room.reading.next_count().is_some_and(|due| due <= now);
    let due: Vec<_> =
        model.rooms.iter().filter(|(_, room)| is_due(room, model.now)).map(|(room_key, _)| *room_key).collect();
    let now = model.now;
    for room_key in due.into_iter().filter(|room_key| model.is_ready(room_key.server)).collect::<Vec<_>>() {
        let Some(room) = model.rooms.get_mut(&room_key) else { continue };
        room.reading.on_asked(now);
        // Moves nothing, also where another device has just moved the marker back.
        let read = Read { room: room_key.room, seq: Some(Seq::ZERO), rewind: false };
        model.ask(room_key.server, read, Purpose::Counts(room_key));
    }
}

/// When the next counts are to be asked for; `None` if all are certain, or no server can be asked.
pub fn next_counts(model: &Model) -> Option<UnixMillis> {
    let rooms = model.rooms.iter().filter(|(room_key, _)| model.is_ready(room_key.server));
    rooms.filter_map(|(_, room)| room.reading.next_count()).min()
}

/// Takes the counts that were asked for.
pub fn on_counts(model: &mut Model, room_key: RoomKey, marker: ReadMarker) {
    let now = model.now;
    if let Some(room) = model.rooms.get_mut(&room_key) {
        room.reading.on_counts(marker, now);
    }
}
