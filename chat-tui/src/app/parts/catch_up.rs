//! Brings rooms to where the server is: every change once, in order, without a gap. Must not know older pages.

#![deny(clippy::disallowed_methods)]

use chat_proto::cursor::{Cursor, Parted};
use chat_proto::ids::{Seq, UserId};
use chat_proto::message::{ChangeDetail, Content, Item, ItemChange, Message};
use chat_proto::request::{Changes, ChangesPage};
use chat_proto::room::Membership;
use chat_proto::server_frame::{AccountSnapshot, Event, Resumed, Update};

use super::{history, names, outbox, overlay, reading};
use crate::app::model::Model;
use crate::app::parts::rooms::room::{Room, Scroll};
use crate::app::parts::server::Server;
use crate::app::state::effect::{Effect, PersistOp};
use crate::app::state::outcome::Outcome;
use crate::app::state::purpose::Purpose;
use crate::app::state::room_key::{RoomKey, ServerKey};
use crate::app::state::timeline_entry::TimelineEntry;
use crate::catch_up::{Arrival, Step};

/// A room that is further behind loads its end anew instead of change by change.
const CATCH_UP_MAX: u64 = 2_000;

/// Takes the server's list of this account's rooms; rooms not listed are removed.
pub fn on_memberships(model: &mut Model, key: ServerKey, memberships: &[Membership]) -> Option<Outcome> {
    let is_in = |room_key: &RoomKey| memberships.iter().any(|membership| membership.room.id == room_key.room);
    let gone: Vec<_> =
        model.rooms.keys().copied().filter(|room_key| room_key.server == key && !is_in(room_key)).collect();
    let mut outcome = None;
    for room_key in gone {
        outcome = remove_room(model, room_key).or(outcome);
    }
    for membership in memberships {
        let room_key = RoomKey { server: key, room: membership.room.id };
        let Some(room) = model.rooms.get_mut(&room_key) else {
            model.add_room(room_key, || Room::new(membership.clone()));
            continue;
        };
        room.refresh(membership);
        let missing = membership.head.seq.0.saturating_sub(room.following.applied().0);
        if missing <= CATCH_UP_MAX {
            room.following.on_head(membership.head.seq);
        } else {
            room.reset(membership.head);
        }
    }
    outcome
}

/// Removes a room that this account has left.
pub fn remove_room(model: &mut Model, room_key: RoomKey) -> Option<Outcome> {
    model.rooms.remove(&room_key);
    model.effects.push(Effect::Persist(room_key.server, PersistOp::RemoveRooms(vec![room_key.room])));
    if model.current != Some(room_key) {
        return None;
    }
    model.current = None;
    Some(Outcome::OpenDefaultRoom(room_key.server))
}

/// Takes what a resumed connection delivered for each room.
pub fn on_resumed(model: &mut Model, key: ServerKey, resumed: &[Resumed]) {
    let mut parted = Vec::new();
    for resumed in resumed {
        let room_key = RoomKey { server: key, room: resumed.room };
        let Some(room) = model.rooms.get_mut(&room_key) else { continue };
        if let Some(why) = resumed.parted {
            reset_parted(model, room_key, resumed.head);
            parted.push((room_key, why));
        } else if resumed.is_complete && room.following.is_behind() {
            on_missed(model, room_key, resumed);
        } else {
            room.following.on_confirmed(resumed.head.seq);
        }
    }
    report_parted(model, &parted);
}

/// Applies everything that one room has missed.
fn on_missed(model: &mut Model, room_key: RoomKey, resumed: &Resumed) {
    reading::on_page(model, room_key, &resumed.items);
    for item in &resumed.items {
        apply(model, room_key, item);
    }
    if let Some(room) = model.rooms.get_mut(&room_key) {
        room.following.on_resumed(resumed.head);
    }
}

/// Drops what is loaded and saved of a room: it belongs to another life of the data. Edits and deletions that never happened
/// here may have changed any of it.
fn reset_parted(model: &mut Model, room_key: RoomKey, head: Cursor) {
    if let Some(room) = model.rooms.get_mut(&room_key) {
        room.reset(head);
        model.effects.push(Effect::Persist(room_key.server, PersistOp::RemoveItems(vec![room_key.room])));
    }
}

/// Tells the user which rooms are loaded again because they belong to another life of the data.
fn report_parted(model: &mut Model, parted: &[(RoomKey, Parted)]) {
    let Some((first, _)) = parted.first() else { return };
    let name = model.rooms.get(first).and_then(|room| room.info.name.as_ref());
    let name = name.map_or_else(|| first.room.to_string(), |name| format!("#{name}"));
    let rooms = match parted.len() {
        1 => format!("{name} is loaded again."),
        2 => format!("{name} and one more room are loaded again."),
        count => format!("{name} and {} more rooms are loaded again.", count - 1),
    };
    let why = if parted.iter().any(|(_, why)| why.at.is_some()) {
        "The server's data were put back to an earlier state"
    } else {
        "The server does not know what was loaded here, as after a restored backup"
    };
    model.show_info(&format!("{why}: {rooms}"));
}

/// Requests the missing changes of all rooms of a server.
pub fn catch_up_all(model: &mut Model, key: ServerKey) {
    let is_behind = |room: &Room| room.following.is_behind();
    let behind = model.rooms.iter().filter(|(room_key, room)| room_key.server == key && is_behind(room));
    let room_keys: Vec<_> = behind.map(|(room_key, _)| *room_key).collect();
    for room_key in room_keys {
        request_changes(model, room_key);
    }
}

fn request_changes(model: &mut Model, room_key: RoomKey) {
    if !model.is_ready(room_key.server) {
        return;
    }
    let page_max = model.limits(room_key.server).page_max;
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    let changes = Changes { room: room_key.room, after: room.following.request(), limit: page_max };
    model.ask(room_key.server, changes, Purpose::Changes(room_key));
}

/// A page of changes ended before an item that had changed again: the page after `prev` has it.
fn request_missing_item(model: &mut Model, room_key: RoomKey, prev: Seq) {
    if let Some(room) = model.rooms.get_mut(&room_key) {
        room.following.take_back(prev);
        request_changes(model, room_key);
    }
}

/// Takes a pushed change.
pub fn on_event(model: &mut Model, room_key: RoomKey, event: &Event) {
    let run = model.servers.get(&room_key.server).and_then(|server| server.life.run());
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    match room.following.on_event(Step::of(event, run)) {
        Arrival::Next => match &event.update {
            Update::Item(item) => apply(model, room_key, item),
            Update::Change(change) => {
                if !apply_change(model, room_key, event.seq, change) {
                    request_missing_item(model, room_key, event.prev);
                }
            }
        },
        Arrival::Missing => request_changes(model, room_key),
        Arrival::Known | Arrival::Later => {}
    }
}

/// The server left events out.
pub fn on_gap(model: &mut Model, room_key: RoomKey) {
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    let was_current = room.following.is_current();
    room.following.on_gap();
    if was_current {
        request_changes(model, room_key);
    }
}

/// Takes a page of changes; the cursor moves once all of it is applied.
pub fn on_changes(model: &mut Model, room_key: RoomKey, page: &ChangesPage) {
    if let Some(why) = page.parted {
        reset_parted(model, room_key, page.head);
        report_parted(model, &[(room_key, why)]);
        return history::load_current(model, room_key);
    }
    names::add_users(model, room_key.server, &page.users);
    reading::on_page(model, room_key, &page.items);
    for item in &page.items {
        apply(model, room_key, item);
    }
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    room.following.on_page(page.next, page.head.seq, page.items.is_empty());
    if room.following.is_behind() {
        request_changes(model, room_key);
    }
}

/// The changes could not be loaded; they are requested again after the next welcome.
pub fn on_changes_failed(model: &mut Model, room_key: RoomKey) {
    if let Some(room) = model.rooms.get_mut(&room_key) {
        room.following.on_page_failed();
    }
}

/// Takes the account's rooms, requested because events of the account were missing.
pub fn on_account(model: &mut Model, key: ServerKey, snapshot: &AccountSnapshot) -> Option<Outcome> {
    if let Some(server) = model.server_mut(key) {
        server.account = snapshot.head;
        server.add_users(&snapshot.users);
    }
    let outcome = on_memberships(model, key, &snapshot.rooms);
    catch_up_all(model, key);
    outcome
}

/// Applies one change with everything that follows from it.
fn apply(model: &mut Model, room_key: RoomKey, item: &Item) {
    names::need(model, room_key.server, item.by);
    let me = model.servers.get(&room_key.server).and_then(Server::my_id);
    let now = model.server_now(room_key);
    if let Content::Deleted { .. } = item.content {
        on_deleted(model, room_key, item, me);
    }
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    let is_new = item.seq > room.reading.known_to && item.seq == item.changed;
    room.reading.known_to = room.reading.known_to.max(item.seq);
    room.apply(item, me);
    room.timeline.expire(now);
    match &item.content {
        Content::Rsvp { answer, counts, .. } => {
            overlay::on_rsvp(model, room_key, item.changed, (item.by, *answer, *counts));
        }
        Content::Leave => overlay::on_leave(model, room_key, item.changed),
        Content::Message(message) => on_message(model, room_key, item, (message, is_new, me)),
        Content::Deleted { .. }
        | Content::Expired { .. }
        | Content::Join
        | Content::Topic { .. }
        | Content::Description { .. }
        | Content::Renamed { .. }
        | Content::Damaged => {}
    }
}

/// A message was posted, or changed.
fn on_message(
    model: &mut Model,
    room_key: RoomKey,
    item: &Item,
    (message, is_new, me): (&Message, bool, Option<UserId>),
) {
    if let Some(room) = model.rooms.get_mut(&room_key).filter(|_| is_new) {
        room.people.typing.on_message(item.by);
        room.reading.missed += u32::from(room.scroll != Scroll::End && Some(item.by) != me);
    }
    if let Some(key) = message.key.as_ref().filter(|_| Some(item.by) == me) {
        outbox::complete(model, room_key, key);
    }
    reading::on_message(model, room_key, item, message);
    if is_new {
        reading::on_new_message(model, room_key, item, message);
    }
}

/// Applies the small change numbered `seq`. Returns `false` if its item should be loaded and is missing.
fn apply_change(model: &mut Model, room_key: RoomKey, seq: Seq, change: &ItemChange) -> bool {
    names::need(model, room_key.server, change.by);
    match &change.detail {
        ChangeDetail::Rsvp { answer, counts } => overlay::on_rsvp(model, room_key, seq, (change.by, *answer, *counts)),
    }
    model.rooms.get_mut(&room_key).is_none_or(|room| room.change(seq, change))
}

/// A deleted message is not unread any more, and its text leaves the input history.
fn on_deleted(model: &mut Model, room_key: RoomKey, item: &Item, me: Option<UserId>) {
    reading::on_deleted(model, room_key, item);
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    let Some(content) = room.timeline.get(item.seq).and_then(TimelineEntry::content) else { return };
    let is_own = Some(item.by) == me;
    let text = content.written().to_owned();
    if is_own && model.history.remove(&text) {
        model.effects.push(Effect::Persist(room_key.server, PersistOp::RemoveInput(text)));
    }
}
