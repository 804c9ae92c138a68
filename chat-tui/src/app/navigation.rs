//! Which room is open, and what of it is in sight.

use chat_proto::request::{Join, Resolved};

use super::answers::Purpose;
use super::model::{Focus, Model};
use super::room::Scroll;
use super::room_key::{RoomKey, ServerKey};
use super::viewport::Viewport;
use super::{catch_up, persistence, typing};

/// Things kept at hand of a room that is not open.
const LOADED_MAX_CLOSED: usize = 500;
/// Things kept at hand of the open room while its newest is in sight.
const LOADED_MAX_OPEN: usize = 120_000;

/// Opens a room.
pub(super) fn open(model: &mut Model, room_key: RoomKey) {
    if !model.rooms.contains_key(&room_key) {
        return;
    }
    if model.current != Some(room_key) {
        close_current(model);
    }
    model.current = Some(room_key);
    model.overlay = None;
    model.focus = Focus::Composer;
    model.completion = None;
    model.panes.uncover();
    if let Some(room) = model.rooms.get_mut(&room_key) {
        room.scroll = Scroll::End;
        room.missed = 0;
        room.is_marked_unread = false;
        if room.read_marker.unread > 0 {
            room.new_after = Some(room.read_marker.read_seq);
        }
    }
    catch_up::load_room(model, room_key);
}

/// What is done with the room one leaves.
fn close_current(model: &mut Model) {
    let Some(room_key) = model.current else { return };
    persistence::save_draft(model, room_key);
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    room.new_after = None;
    if room.scroll == Scroll::End && room.timeline.trim(LOADED_MAX_CLOSED) {
        room.history = super::room::History::More;
    }
    let draft = std::mem::take(&mut room.draft);
    typing::send_typing(model, room_key);
    if let Some(room) = model.rooms.get_mut(&room_key) {
        room.draft = draft;
    }
}

/// Opens a room where none is open: the one that was open last, `#general`, or the first.
pub(super) fn open_default_room(model: &mut Model, server: ServerKey) {
    if model.current.is_some_and(|room_key| model.rooms.contains_key(&room_key)) {
        return;
    }
    let listed = model.listed();
    let of_server = || listed.iter().copied().filter(|room_key| room_key.server == server);
    let wanted = model.room_to_open.take().filter(|room_key| model.rooms.contains_key(room_key));
    let general = || of_server().find(|room_key| model.title(*room_key).as_str() == "general");
    if let Some(room_key) = wanted.or_else(general).or_else(|| of_server().next()) {
        open(model, room_key);
    }
}

/// The room `step` lines further in the list.
pub(super) fn open_neighbour(model: &mut Model, step: isize) {
    let listed = model.listed();
    let at = model.current.and_then(|current| listed.iter().position(|room_key| *room_key == current));
    let next = match at {
        Some(at) => (at + listed.len()).wrapping_add_signed(step) % listed.len(),
        None => 0,
    };
    if let Some(room_key) = listed.get(next) {
        open(model, *room_key);
    }
}

/// The next room after the open one for which `counts` says so.
fn open_next_with(model: &mut Model, counts: fn(&super::Room) -> u32, none: &str) {
    let listed = model.listed();
    let at = model.current.and_then(|current| listed.iter().position(|room_key| *room_key == current)).unwrap_or(0);
    let after = listed.iter().cycle().skip(at + 1).take(listed.len());
    let found = after.copied().find(|room_key| model.rooms.get(room_key).is_some_and(|room| counts(room) > 0));
    match found {
        Some(room_key) => open(model, room_key),
        None => model.show_info(none),
    }
}

/// The next room with something unread.
pub(super) fn next_unread(model: &mut Model) {
    open_next_with(model, |room| room.read_marker.unread, "Nothing is unread.");
}

/// The next room that mentions one.
pub(super) fn next_mention(model: &mut Model) {
    open_next_with(model, |room| room.read_marker.mentions, "Nobody mentions you.");
}

/// Scrolls by lines; negative is back.
pub(super) fn scroll(model: &mut Model, lines: i32) {
    let viewport = (model.viewport.top, model.viewport.is_at_end);
    let room_key = model.current.filter(|room_key| model.viewport.room_key == Some(*room_key));
    let Some(room_key) = room_key else { return };
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    if lines > 0 && viewport.1 {
        room.scroll = Scroll::End;
        return;
    }
    let top = match (room.scroll, viewport.0) {
        (Scroll::At { seq, row }, _) => Some((seq, row)),
        (Scroll::End, top) => top,
    };
    if let Some((seq, row)) = top {
        room.scroll = Scroll::At { seq, row: row + lines };
    }
}

/// Scrolls by screens; negative is back.
pub(super) fn page(model: &mut Model, step: i32) {
    let rows = i32::from(model.viewport.rows.saturating_sub(2).max(1));
    scroll(model, step * rows);
}

/// To the oldest message at hand; older ones are loaded on the way.
pub(super) fn oldest(model: &mut Model) {
    let Some(room) = model.room_mut() else { return };
    if let Some(first) = room.timeline.entries().front() {
        room.scroll = Scroll::At { seq: first.seq, row: 0 };
        if let Focus::Message(_) = model.focus {
            super::messages::select_first(model);
        }
    }
}

/// To the newest message.
pub(super) fn newest(model: &mut Model) {
    if let Some(room) = model.room_mut() {
        room.scroll = Scroll::End;
        room.missed = 0;
    }
    if let Focus::Message(_) = model.focus {
        super::messages::select_last(model);
    }
}

/// Takes what was drawn: the scroll is brought right, and more is loaded where the oldest comes into sight.
pub(super) fn on_drawn(model: &mut Model, viewport: Viewport) {
    let room_key = viewport.room_key;
    model.panes.drawn(viewport.fold);
    let Some(room) = room_key.and_then(|room_key| model.rooms.get_mut(&room_key)) else {
        model.viewport = viewport;
        return;
    };
    if let Scroll::At { .. } = room.scroll {
        match viewport.top {
            Some((seq, row)) if !viewport.is_at_end => room.scroll = Scroll::At { seq, row },
            Some(_) | None => room.scroll = Scroll::End,
        }
    }
    if room.scroll == Scroll::End && room.timeline.trim(LOADED_MAX_OPEN) {
        room.history = super::room::History::More;
    }
    let wants_older = viewport.is_at_start;
    model.viewport = viewport;
    if let Some(room_key) = room_key.filter(|_| wants_older) {
        catch_up::load_older(model, room_key);
    }
}

/// The room one wanted to join is there.
pub(super) fn join_resolved(model: &mut Model, server: ServerKey, found: &Resolved) {
    match found.rooms.first() {
        Some(room) => model.ask(server, Join { room: room.id }, Purpose::Enter),
        None => model.show_error("There is no such room that you may see; /create makes one."),
    }
}
