//! Loads the past of a room, its members and its trending words. Must not know what changes meanwhile.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::Seq;
use chat_proto::request::{self, HistoryPage, Members, MembersPage, Trending};

use super::names;
use crate::app::model::Model;
use crate::app::parts::rooms::backlog::History;
use crate::app::parts::server::Server;
use crate::app::state::purpose::Purpose;
use crate::app::state::room_key::RoomKey;

/// Messages loaded at once when scrolling back.
const HISTORY_PAGE: u32 = 100;
/// Trending words shown.
const TRENDING_SHOWN: u32 = 12;

/// Loads what an open room shows: its end, its people, its trending words. Once per connection.
pub fn load_room(model: &mut Model, room_key: RoomKey) {
    let is_loaded = model.rooms.get(&room_key).is_none_or(|room| room.backlog.history != History::NotRequested);
    if is_loaded || !model.is_ready(room_key.server) {
        return;
    }
    let room = room_key.room;
    request_page(model, room_key, None);
    let limits = model.limits(room_key.server);
    let members = Members { room, after: None, limit: limits.page_max };
    let trending = Trending { room, limit: limits.trending_max.min(TRENDING_SHOWN) };
    model.ask(room_key.server, members, Purpose::Members(room_key));
    model.ask(room_key.server, trending, Purpose::Trending(room_key));
}

/// Loads the page before the oldest loaded message, if there is one.
pub fn load_older(model: &mut Model, room_key: RoomKey) {
    let Some(room) = model.rooms.get(&room_key) else { return };
    if room.backlog.history == History::More && model.is_ready(room_key.server) {
        let floor = room.timeline.floor();
        request_page(model, room_key, Some(floor));
    }
}

fn request_page(model: &mut Model, room_key: RoomKey, before: Option<Seq>) {
    if let Some(room) = model.rooms.get_mut(&room_key) {
        room.backlog.history = History::Requested;
    }
    let history = request::History {
        room: room_key.room,
        before,
        limit: model.limits(room_key.server).page_max.min(HISTORY_PAGE),
    };
    model.ask(room_key.server, history, Purpose::History(room_key));
}

/// Takes an older page, or the room's end.
pub fn on_page(model: &mut Model, room_key: RoomKey, page: &HistoryPage) {
    names::add_users(model, room_key.server, &page.users);
    for item in &page.items {
        names::need(model, room_key.server, item.by);
    }
    let me = model.servers.get(&room_key.server).and_then(Server::my_id);
    let now = model.server_now(room_key);
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    match room.backlog.history {
        History::Requested => {
            room.prepend(&page.items, page.next_before.unwrap_or(Seq::ZERO), me);
            room.timeline.expire(now);
        }
        History::Dropped => {
            room.backlog.history = History::NotRequested;
            load_current(model, room_key);
        }
        // A page that is no longer wanted could leave a hole above it.
        History::NotRequested | History::More | History::Complete => {}
    }
}

/// Loads a room that has lost what was loaded of it, if it is the open one; others are loaded when they are opened.
pub fn load_current(model: &mut Model, room_key: RoomKey) {
    if model.current == Some(room_key) {
        load_room(model, room_key);
    }
}

/// The page could not be loaded; it is requested again when it is next needed.
pub fn on_page_failed(model: &mut Model, room_key: RoomKey) {
    if let Some(room) = model.rooms.get_mut(&room_key) {
        room.give_up_page();
    }
}

/// Takes the members of a room, and who of them is online.
pub fn on_members(model: &mut Model, room_key: RoomKey, page: MembersPage) {
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    room.info.members = page.total;
    room.people.online = page.has_more.then_some(page.online);
    room.people.members = page.members.iter().map(|member| member.user.id).collect();
    if let Some(server) = model.server_mut(room_key.server) {
        for member in page.members {
            server.add_users(std::slice::from_ref(&member.user));
            server.set_presence(member.user.id, member.presence);
        }
    }
}
