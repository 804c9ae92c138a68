//! Decides when rooms and drafts go to disk. It stands here and not among the parts because it goes through all of them.
//! Must not know files, or what of a room is saved.

#![deny(clippy::disallowed_methods)]

use std::collections::{BTreeMap, BTreeSet};

use chat_proto::room::User;
use chat_proto::time::UnixMillis;

use super::model::Model;
use crate::app::parts::outcomes::Outcomes;
use crate::app::parts::rooms::room::Room;
use crate::app::parts::server::Server;
use crate::app::state::effect::{PersistOp, SavedRoom};
use crate::app::state::room_key::RoomKey;

/// Changes are collected for this long before they are written, in milliseconds.
const SAVE_EVERY_MS: u64 = 2_000;

/// When changes are next written; `None` if there are none.
pub fn next_save(model: &Model) -> Option<UnixMillis> {
    let is_unsaved = |room: &Room| !room.saving.is_saved || !room.writing.is_draft_saved || room.has_moved();
    let is_changed = model.rooms.values().any(is_unsaved);
    is_changed.then(|| model.saved_at.plus_ms(SAVE_EVERY_MS))
}

/// Writes changes once they have been collected for long enough.
pub fn save_if_due(model: &mut Model, out: &mut Outcomes) {
    if next_save(model).is_some_and(|at| at <= model.now) {
        save_all(model, out);
    }
}

/// Writes all changes now.
pub fn save_all(model: &mut Model, out: &mut Outcomes) {
    model.saved_at = model.now;
    let open = model.navigation.current;
    for server in model.servers.values() {
        save_rooms(server, &mut model.rooms, open, out);
        save_places(server, &mut model.rooms, out);
    }
    for room in model.rooms.values_mut() {
        room.save_draft(out);
    }
}

fn save_rooms(server: &Server, rooms: &mut BTreeMap<RoomKey, Room>, open: Option<RoomKey>, out: &mut Outcomes) {
    let key = server.key;
    let changed = rooms.values_mut().filter(|room| room.key.server == key && !room.saving.is_saved);
    let mut saved = Vec::new();
    for room in changed {
        if let Some(as_saved) = room.to_saved() {
            room.saving.is_saved = true;
            saved.push(as_saved);
        }
    }
    let (Some(me), Some(epoch)) = (server.me.clone(), server.life.epoch().cloned()) else { return };
    if saved.is_empty() {
        return;
    }
    let users = authors(server, &saved);
    let open = open.filter(|room_key| room_key.server == key).map(|room_key| room_key.room);
    out.persist(key, PersistOp::StoreAccount { me, epoch, account: server.account, open, users });
    out.persist(key, PersistOp::StoreRooms(saved));
}

fn save_places(server: &Server, rooms: &mut BTreeMap<RoomKey, Room>, out: &mut Outcomes) {
    let of_server = rooms.values_mut().filter(|room| room.key.server == server.key);
    let moved: Vec<_> = of_server.filter_map(Room::place_to_save).collect();
    if !moved.is_empty() {
        out.persist(server.key, PersistOp::StorePlaces(moved));
    }
}

fn authors(server: &Server, saved: &[SavedRoom]) -> Vec<User> {
    let by: BTreeSet<_> = saved.iter().flat_map(|room| &room.items).map(|item| item.by).collect();
    server.people().filter(|user| by.contains(&user.id)).cloned().collect()
}
