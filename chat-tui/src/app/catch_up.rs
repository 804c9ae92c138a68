//! Rooms brought to where the server is: every change once, in order, without a gap.

use chat_proto::ids::Seq;
use chat_proto::limits::PAGE_MAX;
use chat_proto::message::{Content, Item};
use chat_proto::request::{self, Changes, ChangesPage, HistoryPage, Members, MembersPage, Trending};
use chat_proto::room::Membership;
use chat_proto::server_frame::{AccountSnapshot, Event, Resumed};

use super::answers::Purpose;
use super::effect::{Effect, PersistOp};
use super::model::Model;
use super::room::{CatchUp, History, Room, Scroll};
use super::room_key::{RoomKey, ServerKey};
use super::timeline_entry::TimelineEntry;
use super::{navigation, outbox, reading};

/// A room that is further behind is not followed change by change: its end is loaded anew.
const CATCH_UP_MAX: u64 = 2_000;
/// Messages loaded at once when scrolling back.
const HISTORY_PAGE: u32 = 100;
/// Trending words shown.
const TRENDING_MAX: u32 = 12;

/// Takes the rooms this account is in, as the server says; the others are gone.
pub(super) fn on_memberships(model: &mut Model, key: ServerKey, memberships: &[Membership]) {
    let is_in = |room_key: &RoomKey| memberships.iter().any(|membership| membership.room.id == room_key.room);
    let gone: Vec<_> =
        model.rooms.keys().copied().filter(|room_key| room_key.server == key && !is_in(room_key)).collect();
    for room_key in &gone {
        remove_room(model, *room_key);
    }
    for membership in memberships {
        let room_key = RoomKey { server: key, room: membership.room.id };
        match model.rooms.get_mut(&room_key) {
            None => drop(model.rooms.insert(room_key, Room::new(membership.clone()))),
            Some(room) => {
                room.refresh(membership);
                room.highest_seen = room.highest_seen.max(membership.head);
                room.counted_up_to = membership.head;
                let is_too_far_behind = membership.head.0.saturating_sub(room.cursor.0) > CATCH_UP_MAX;
                if is_too_far_behind || membership.head < room.cursor {
                    room.reset(membership.head);
                } else if membership.head > room.cursor {
                    room.catch_up = CatchUp::Needed;
                }
            }
        }
    }
}

/// A room this account is not in any more.
pub(super) fn remove_room(model: &mut Model, room_key: RoomKey) {
    model.rooms.remove(&room_key);
    model.effects.push(Effect::Persist(room_key.server, PersistOp::RemoveRooms(vec![room_key.room])));
    if model.current == Some(room_key) {
        model.current = None;
        navigation::open_default_room(model, room_key.server);
    }
}

/// What a resumed connection brought for one room.
pub(super) fn on_resumed(model: &mut Model, key: ServerKey, resumed: &Resumed) {
    let room_key = RoomKey { server: key, room: resumed.room };
    let is_waiting = model.rooms.get(&room_key).is_some_and(|room| room.catch_up == CatchUp::Needed);
    if !resumed.is_complete || !is_waiting {
        return;
    }
    for item in &resumed.items {
        apply(model, room_key, item);
    }
    if let Some(room) = model.rooms.get_mut(&room_key) {
        room.cursor = room.cursor.max(resumed.head);
        room.catch_up = if room.cursor < room.highest_seen { CatchUp::Needed } else { CatchUp::Current };
    }
}

/// Asks for what is missing, in all rooms of a server.
pub(super) fn catch_up_all(model: &mut Model, key: ServerKey) {
    let behind = |room: &Room| room.catch_up != CatchUp::Current;
    let room_keys: Vec<_> = model
        .rooms
        .iter()
        .filter(|(room_key, room)| room_key.server == key && behind(room))
        .map(|(room_key, _)| *room_key)
        .collect();
    for room_key in room_keys {
        request_changes(model, room_key);
    }
}

fn request_changes(model: &mut Model, room_key: RoomKey) {
    if !model.is_ready(room_key.server) {
        return;
    }
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    room.catch_up = CatchUp::Requested;
    let changes = Changes { room: room_key.room, after: room.cursor, limit: PAGE_MAX };
    model.ask(room_key.server, changes, Purpose::Changes(room_key));
}

/// A pushed change.
pub(super) fn on_event(model: &mut Model, room_key: RoomKey, event: &Event) {
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    room.highest_seen = room.highest_seen.max(event.seq);
    if event.seq <= room.cursor {
        return;
    }
    match room.catch_up {
        CatchUp::Current if event.prev <= room.cursor => {
            apply(model, room_key, &event.item);
            if let Some(room) = model.rooms.get_mut(&room_key) {
                room.cursor = event.seq;
            }
        }
        CatchUp::Current => request_changes(model, room_key),
        // It stands in the changes that are asked for, or in those after them.
        CatchUp::Needed | CatchUp::Requested => {}
    }
}

/// Something was left out.
pub(super) fn on_gap(model: &mut Model, room_key: RoomKey) {
    match model.rooms.get_mut(&room_key).map(|room| room.catch_up) {
        Some(CatchUp::Current) => request_changes(model, room_key),
        Some(CatchUp::Requested) => {
            // The answer under way may come from before the gap: one more is asked for after it.
            if let Some(room) = model.rooms.get_mut(&room_key) {
                room.must_ask_again = true;
            }
        }
        Some(CatchUp::Needed) | None => {}
    }
}

/// A page of changes; the cursor moves once it is applied whole.
pub(super) fn on_changes(model: &mut Model, room_key: RoomKey, page: &ChangesPage) {
    add_users(model, room_key, &page.users);
    for item in &page.items {
        apply(model, room_key, item);
    }
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    room.cursor = room.cursor.max(page.next);
    let is_last = page.next >= page.head;
    // What was heard of but is not there at the end was only announced.
    let is_done = is_last && (room.highest_seen <= room.cursor || page.items.is_empty());
    if is_done && !std::mem::take(&mut room.must_ask_again) {
        room.catch_up = CatchUp::Current;
        room.highest_seen = room.cursor;
    } else {
        request_changes(model, room_key);
    }
}

/// The changes could not be had; they are asked for again after the next welcome.
pub(super) fn on_changes_failed(model: &mut Model, room_key: RoomKey) {
    if let Some(room) = model.rooms.get_mut(&room_key) {
        room.catch_up = CatchUp::Needed;
    }
}

/// Loads what an open room shows: its end, its people, its topics.
pub(super) fn load_room(model: &mut Model, room_key: RoomKey) {
    if !model.is_ready(room_key.server) {
        return;
    }
    let room = room_key.room;
    let is_unasked = model.rooms.get(&room_key).is_some_and(|room| room.history == History::NotRequested);
    if is_unasked {
        request_history(model, room_key, None);
        model.ask(room_key.server, Members { room, after: None, limit: PAGE_MAX }, Purpose::Members(room_key));
        model.ask(room_key.server, Trending { room, limit: TRENDING_MAX }, Purpose::Trending(room_key));
    }
}

/// Loads what comes before the oldest at hand, where there is more.
pub(super) fn load_older(model: &mut Model, room_key: RoomKey) {
    let Some(room) = model.rooms.get(&room_key) else { return };
    if room.history == History::More && model.is_ready(room_key.server) {
        let floor = room.timeline.floor();
        request_history(model, room_key, Some(floor));
    }
}

fn request_history(model: &mut Model, room_key: RoomKey, before: Option<Seq>) {
    if let Some(room) = model.rooms.get_mut(&room_key) {
        room.history = History::Requested;
    }
    let history = request::History { room: room_key.room, before, limit: HISTORY_PAGE };
    model.ask(room_key.server, history, Purpose::History(room_key));
}

/// An older page, or the room's end.
pub(super) fn on_history(model: &mut Model, room_key: RoomKey, page: &HistoryPage) {
    add_users(model, room_key, &page.users);
    let me = model.servers.get(&room_key.server).and_then(super::Server::my_id);
    for item in &page.items {
        request_name(model, room_key, item);
    }
    let now = model.server_now(room_key);
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    // A page that was not asked for any more could leave a hole above it.
    if room.history != History::Requested {
        return;
    }
    let floor = page.next_before.unwrap_or(Seq::ZERO);
    if std::mem::take(&mut room.is_restored) && room.scroll == Scroll::End {
        // An earlier run kept nothing that expires: what lies below this page is loaded again when it is looked at.
        room.timeline.raise_floor(floor);
    }
    room.timeline.extend_down(&page.items, floor, me);
    room.timeline.expire(now);
    let is_whole = room.timeline.floor() == Seq::ZERO;
    room.history = if is_whole { History::Complete } else { History::More };
    room.is_saved = false;
}

/// The page could not be had; it is asked for again when it is next needed.
pub(super) fn on_history_failed(model: &mut Model, room_key: RoomKey) {
    if let Some(room) = model.rooms.get_mut(&room_key) {
        room.history = if room.timeline.entries().is_empty() { History::NotRequested } else { History::More };
    }
}

/// The members of a room, with whether they are there.
pub(super) fn on_members(model: &mut Model, room_key: RoomKey, page: MembersPage) {
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    room.info.members = page.total;
    room.online = page.has_more.then_some(page.online);
    room.people = page.members.iter().map(|member| member.user.id).collect();
    if let Some(server) = model.server_mut(room_key.server) {
        for member in page.members {
            server.add_users(std::slice::from_ref(&member.user));
            server.set_presence(member.user.id, member.presence);
        }
    }
}

/// The account's rooms, asked for because something of its stream was left out.
pub(super) fn on_account(model: &mut Model, key: ServerKey, snapshot: &AccountSnapshot) {
    if let Some(server) = model.server_mut(key) {
        server.account = snapshot.head;
        server.add_users(&snapshot.users);
    }
    on_memberships(model, key, &snapshot.rooms);
    catch_up_all(model, key);
}

fn add_users(model: &mut Model, room_key: RoomKey, users: &[chat_proto::room::User]) {
    if let Some(server) = model.server_mut(room_key.server) {
        server.add_users(users);
    }
}

fn request_name(model: &mut Model, room_key: RoomKey, item: &Item) {
    if let Some(server) = model.server_mut(room_key.server) {
        server.request_name(item.by);
    }
}

/// A text that is deleted goes from what one sent before, too.
fn remove_input(model: &mut Model, room_key: RoomKey, item: &Item, text: String) {
    let is_own = model.servers.get(&room_key.server).and_then(super::Server::my_id) == Some(item.by);
    if is_own && model.history.remove(&text) {
        model.effects.push(Effect::Persist(room_key.server, PersistOp::RemoveInput(text)));
    }
}

/// Applies one change with all that follows from it.
fn apply(model: &mut Model, room_key: RoomKey, item: &Item) {
    request_name(model, room_key, item);
    let me = model.servers.get(&room_key.server).and_then(super::Server::my_id);
    let now = model.server_now(room_key);
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    let is_uncounted = item.changed > room.counted_up_to;
    let is_new = item.seq > room.counted_up_to && item.seq == item.changed;
    room.counted_up_to = room.counted_up_to.max(item.seq);
    if let (Content::Deleted { .. }, Some(content)) =
        (&item.content, room.timeline.get(item.seq).and_then(TimelineEntry::content))
    {
        let text = content.written().to_owned();
        if is_uncounted && item.seq > room.read_marker.read_seq && Some(item.by) != me && content.expires_at().is_none()
        {
            let mentions_me = content.mentions_me;
            reading::uncount_deleted(&mut room.read_marker, mentions_me);
        }
        remove_input(model, room_key, item, text);
    }
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    room.apply(item, me);
    room.timeline.expire(now);
    if let Content::Message(message) = &item.content {
        if Some(item.by) == me
            && let Some(key) = &message.key
        {
            outbox::complete(model, room_key, key);
        }
        if is_new {
            if let Some(room) = model.rooms.get_mut(&room_key) {
                room.typing.on_message(item.by);
                room.missed += u32::from(room.scroll != Scroll::End && Some(item.by) != me);
            }
            reading::on_new_message(model, room_key, item, message);
        }
    }
}
