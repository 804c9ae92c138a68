//! Counts what is unread, marks as read what is visible, and notifies of messages meant for the user.
//! Must not know how messages arrive or are drawn.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::{Seq, UserId};
use chat_proto::message::{Item, Message};
use chat_proto::presence::Availability;
use chat_proto::request::Read;
use chat_proto::room::ReadMarker;
use chat_proto::time::UnixMillis;

use crate::app::state::effect::Effect;
use crate::app::state::model::{Focus, Model};
use crate::app::state::purpose::Purpose;
use crate::app::state::room::{Room, Scroll};
use crate::app::state::room_key::RoomKey;
use crate::app::state::server::Server;
use crate::text::SafeText;

/// Whether the user is looking at the newest messages of a room.
fn is_being_read(model: &Model, room_key: RoomKey) -> bool {
    let is_at_end = model.rooms.get(&room_key).is_some_and(|room| room.scroll == Scroll::End);
    model.current == Some(room_key) && model.has_focus && is_at_end
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
    if !is_being_read {
        if message.expires_at.is_none() {
            room.reading.marker.unread += 1;
            room.reading.marker.mentions += u32::from(mentions_me);
        }
        // The line "new" stands where the user stopped looking.
        if is_open && room.reading.new_after.is_none() {
            room.reading.new_after = Some(Seq(item.seq.0.saturating_sub(1)));
        }
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
    room.reading.mark_unread(marker);
    let read = Read { room: room_key.room, seq: Some(marker.read_seq), rewind: true };
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
    let persistent = after.filter_map(|entry| entry.content()).filter(|content| content.expires_at().is_none());
    let unread = persistent.clone().count() as u32;
    let mentions = persistent.filter(|content| content.mentions_me).count() as u32;
    Some(ReadMarker { read_seq, unread, mentions })
}
