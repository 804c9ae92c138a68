//! What has been read: counts, marks told to the server, the line "new", and what is worth a notification.

use chat_proto::ids::Seq;
use chat_proto::message::{Item, Message};
use chat_proto::presence::Availability;
use chat_proto::request::Read;
use chat_proto::room::ReadMarker;

use super::answers::Purpose;
use super::effect::Effect;
use super::model::{Focus, Model};
use super::room::{CatchUp, Scroll};
use super::room_key::RoomKey;
use crate::text::SafeText;

/// A read mark is told at most this often, in milliseconds.
const READ_MARKER_EVERY_MS: u64 = 1_000;

/// Whether the newest of a room is before someone's eyes.
fn is_being_read(model: &Model, room_key: RoomKey) -> bool {
    let is_at_end = model.rooms.get(&room_key).is_some_and(|room| room.scroll == Scroll::End);
    model.current == Some(room_key) && model.has_focus && is_at_end
}

/// A message came that had not been there before.
pub(super) fn on_new_message(model: &mut Model, room_key: RoomKey, item: &Item, message: &Message) {
    let server = model.servers.get(&room_key.server);
    let me = server.and_then(super::Server::my_id);
    if Some(item.by) == me {
        return;
    }
    let mentions_me = me.is_some_and(|me| message.mentions.contains(&me));
    let is_dnd = me.zip(server).is_some_and(|(me, server)| server.presence(me).availability == Availability::Dnd);
    let is_being_read = is_being_read(model, room_key);
    let is_open = model.current == Some(room_key);
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    if !is_being_read {
        if message.expires_at.is_none() {
            room.read_marker.unread += 1;
            room.read_marker.mentions += u32::from(mentions_me);
        }
        // The line stands where the person stopped looking.
        if is_open && room.new_after.is_none() {
            room.new_after = Some(Seq(item.seq.0.saturating_sub(1)));
        }
    }
    let is_for_me = mentions_me || room.is_direct();
    if is_for_me && !is_dnd && !model.has_focus {
        notify(model, room_key, item, message);
    }
}

/// A message that was counted as unread is deleted.
pub(super) fn uncount_deleted(read_marker: &mut ReadMarker, mentions_me: bool) {
    read_marker.unread = read_marker.unread.saturating_sub(1);
    read_marker.mentions = read_marker.mentions.saturating_sub(u32::from(mentions_me));
}

fn notify(model: &mut Model, room_key: RoomKey, item: &Item, message: &Message) {
    let Some(server) = model.servers.get(&room_key.server) else { return };
    let title = format!("{} in #{}", server.name(item.by).as_str(), model.title(room_key).as_str());
    let body: String = message.body.as_str().chars().take(200).collect();
    model.effects.push(Effect::Notify { title: SafeText::line(&title), body: SafeText::line(&body) });
}

/// What is before someone's eyes is read; the server is told now and then.
pub(super) fn mark_visible_as_read(model: &mut Model) {
    let Some(room_key) = model.current.filter(|room_key| is_being_read(model, *room_key)) else { return };
    let now = model.now;
    let is_ready = model.is_ready(room_key.server);
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    if room.catch_up != CatchUp::Current || room.is_marked_unread {
        return;
    }
    room.missed = 0;
    room.read_marker = ReadMarker { read_seq: room.read_marker.read_seq.max(room.cursor), unread: 0, mentions: 0 };
    let is_due = now.since_ms(room.read_sent_at) >= READ_MARKER_EVERY_MS;
    if is_ready && is_due && room.read_marker.read_seq > room.read_sent {
        send_read_marker(model, room_key);
    }
}

/// Whether a read mark waits to be told, and when it may be.
pub(super) fn next_read_marker(model: &Model) -> Option<chat_proto::time::UnixMillis> {
    let (room_key, room) = model.room()?;
    let waits = model.is_ready(room_key.server) && room.read_marker.read_seq > room.read_sent && !room.is_marked_unread;
    (waits && is_being_read(model, room_key)).then(|| room.read_sent_at.plus_ms(READ_MARKER_EVERY_MS))
}

fn send_read_marker(model: &mut Model, room_key: RoomKey) {
    let now = model.now;
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    room.read_sent = room.read_marker.read_seq;
    room.read_sent_at = now;
    let read = Read { room: room_key.room, seq: Some(room.read_marker.read_seq), rewind: false };
    model.ask(room_key.server, read, Purpose::Nothing);
}

/// The person says that all is read.
pub(super) fn mark_read(model: &mut Model) {
    let Some(room_key) = model.current else { return };
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    room.read_marker = ReadMarker { read_seq: room.cursor, unread: 0, mentions: 0 };
    room.new_after = None;
    room.missed = 0;
    room.is_marked_unread = false;
    send_read_marker(model, room_key);
}

/// The person wants to come back to it: from the selected message on, or from the last one.
pub(super) fn mark_unread(model: &mut Model) {
    let Some(room_key) = model.current else { return };
    let selected = match model.focus {
        Focus::Message(seq) => Some(seq),
        Focus::Composer => None,
    };
    if !model.is_ready(room_key.server) {
        model.show_error("The server is away; marking as unread needs it.");
        return;
    }
    let me = model.servers.get(&room_key.server).and_then(super::Server::my_id);
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    // What one wrote oneself is never unread.
    let others = room.timeline.entries().iter().filter(|entry| entry.content().is_some() && Some(entry.by) != me);
    let Some(from) = selected.or(others.clone().next_back().map(|entry| entry.seq)) else {
        model.show_info("There is nothing of anyone else to mark as unread.");
        return;
    };
    let read_seq = Seq(from.0.saturating_sub(1));
    let after = others.filter(|entry| entry.seq > read_seq);
    let persistent = after.filter_map(|entry| entry.content()).filter(|content| content.expires_at().is_none());
    let unread = persistent.clone().count() as u32;
    let mentions = persistent.filter(|content| content.mentions_me).count() as u32;
    room.read_marker = ReadMarker { read_seq, unread, mentions };
    room.read_sent = read_seq;
    room.new_after = Some(read_seq);
    // Looking at it does not mark it again until the room is left.
    room.is_marked_unread = true;
    let read = Read { room: room_key.room, seq: Some(read_seq), rewind: true };
    model.ask(room_key.server, read, Purpose::UserAction("could not mark as unread"));
    model.show_info("Marked as unread.");
}
