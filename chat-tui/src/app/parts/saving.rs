//! Decides when rooms and drafts go to disk. Must not know files, or what of a room is saved.

#![deny(clippy::disallowed_methods)]

use std::collections::BTreeSet;

use chat_proto::room::User;
use chat_proto::time::UnixMillis;

use super::drafts;
use crate::app::model::Model;
use crate::app::parts::server::Server;
use crate::app::state::effect::{Effect, PersistOp, SavedRoom};
use crate::app::state::room_key::ServerKey;

/// Changes are collected for this long before they are written, in milliseconds.
const SAVE_EVERY_MS: u64 = 2_000;

/// When changes are next written; `None` if there are none.
pub fn next_save(model: &Model) -> Option<UnixMillis> {
    let is_changed = model.rooms.values().any(|room| !room.saving.is_saved || !room.writing.is_draft_saved);
    is_changed.then(|| model.saved_at.plus_ms(SAVE_EVERY_MS))
}

/// Writes changes once they have been collected for long enough.
pub fn save_if_due(model: &mut Model) {
    if next_save(model).is_some_and(|at| at <= model.now) {
        save_all(model);
    }
}

/// Writes all changes now.
pub fn save_all(model: &mut Model) {
    model.saved_at = model.now;
    let servers: Vec<_> = model.servers.keys().copied().collect();
    for server in servers {
        save_rooms(model, server);
    }
    let room_keys: Vec<_> = model.rooms.keys().copied().collect();
    for room_key in room_keys {
        drafts::save(model, room_key);
    }
}

fn save_rooms(model: &mut Model, key: ServerKey) {
    let Some(server) = model.servers.get(&key) else { return };
    let changed = model.rooms.iter_mut().filter(|(room_key, room)| room_key.server == key && !room.saving.is_saved);
    let mut saved = Vec::new();
    for (_, room) in changed {
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
    let open = model.current.filter(|room_key| room_key.server == key).map(|room_key| room_key.room);
    model
        .effects
        .push(Effect::Persist(key, PersistOp::StoreAccount { me, epoch, account: server.account, open, users }));
    model.effects.push(Effect::Persist(key, PersistOp::StoreRooms(saved)));
}

fn authors(server: &Server, saved: &[SavedRoom]) -> Vec<User> {
    let by: BTreeSet<_> = saved.iter().flat_map(|room| &room.items).map(|item| item.by).collect();
    server.people().filter(|user| by.contains(&user.id)).cloned().collect()
}
