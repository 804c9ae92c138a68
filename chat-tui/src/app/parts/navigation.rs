//! Which room is open. Must not know how rooms are loaded, or what of them is visible.

#![deny(clippy::disallowed_methods)]

use chat_proto::request::{Join, Resolved};
use chat_proto::room::Membership;

use crate::app::model::{Focus, Model};
use crate::app::parts::rooms::room::{Room, Scroll};
use crate::app::state::outcome::Outcome;
use crate::app::state::purpose::Purpose;
use crate::app::state::room_key::{RoomKey, ServerKey};

/// Items kept of a room that is not open.
const LOADED_MAX_CLOSED: usize = 500;

/// Opens a room.
pub fn open(model: &mut Model, room_key: RoomKey) -> Option<Outcome> {
    if !model.rooms.contains_key(&room_key) {
        return None;
    }
    let left = model.current.filter(|current| *current != room_key);
    if let Some(room) = left.and_then(|left| model.rooms.get_mut(&left)) {
        room.reading.new_after = None;
        if room.scroll == Scroll::End {
            room.trim(LOADED_MAX_CLOSED);
        }
    }
    model.current = Some(room_key);
    model.overlay = None;
    model.focus = Focus::Composer;
    model.completion = None;
    model.panes.uncover();
    if let Some(room) = model.rooms.get_mut(&room_key) {
        room.scroll = Scroll::End;
        room.reading.show_newest();
        if room.reading.marker.unread > 0 {
            room.reading.new_after = Some(room.reading.marker.read_seq);
        }
    }
    Some(Outcome::RoomOpened { opened: room_key, left })
}

/// Opens a room if none is open: the one that was open last, `#general`, or the first.
pub fn open_default_room(model: &mut Model, server: ServerKey) -> Option<Outcome> {
    if model.current.is_some_and(|room_key| model.rooms.contains_key(&room_key)) {
        return None;
    }
    let listed = model.listed();
    let of_server = || listed.iter().copied().filter(|room_key| room_key.server == server);
    let wanted = model.room_to_open.take().filter(|room_key| model.rooms.contains_key(room_key));
    let general = || of_server().find(|room_key| model.title(*room_key).as_str() == "general");
    let room_key = wanted.or_else(general).or_else(|| of_server().next())?;
    open(model, room_key)
}

/// Opens the room `step` lines further down the list.
pub fn open_neighbour(model: &mut Model, step: isize) -> Option<Outcome> {
    let listed = model.listed();
    let at = model.current.and_then(|current| listed.iter().position(|room_key| *room_key == current));
    let next = match at {
        Some(at) => (at + listed.len()).wrapping_add_signed(step) % listed.len(),
        None => 0,
    };
    open(model, *listed.get(next)?)
}

/// Opens the next room after the present one whose count is not zero.
fn open_next_with(model: &mut Model, count: fn(&Room) -> u32, none: &str) -> Option<Outcome> {
    let listed = model.listed();
    let at = model.current.and_then(|current| listed.iter().position(|room_key| *room_key == current)).unwrap_or(0);
    let after = listed.iter().cycle().skip(at + 1).take(listed.len());
    let found = after.copied().find(|room_key| model.rooms.get(room_key).is_some_and(|room| count(room) > 0));
    if found.is_none() {
        model.show_info(none);
    }
    open(model, found?)
}

/// Opens the next room with unread messages.
pub fn next_unread(model: &mut Model) -> Option<Outcome> {
    open_next_with(model, |room| room.reading.marker.unread, "Nothing is unread.")
}

/// Opens the next room that mentions the user.
pub fn next_mention(model: &mut Model) -> Option<Outcome> {
    open_next_with(model, |room| room.reading.marker.mentions, "Nobody mentions you.")
}

/// Takes the room that the user asked to join by name.
pub fn on_resolved(model: &mut Model, server: ServerKey, found: &Resolved) {
    match found.rooms.first() {
        Some(room) => model.ask(server, Join { room: room.id }, Purpose::Enter),
        None => model.show_error("No such room, or it is private. Create one with /create."),
    }
}

/// Opens a room that the user has just joined or created; if it was known, nothing of it is lost.
pub fn enter(model: &mut Model, server: ServerKey, membership: Membership) -> Option<Outcome> {
    let room_key = RoomKey { server, room: membership.room.id };
    model.add_room(room_key, || Room::new(membership));
    open(model, room_key)
}
