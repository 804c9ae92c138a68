//! What is put on disk, and what an earlier run left there. Nothing that expires is.

use chat_proto::ids::Seq;
use chat_proto::time::UnixMillis;

use super::commands;
use super::editor::Editor;
use super::effect::{Effect, PersistOp, SavedRoom};
use super::model::Model;
use super::msg::{Restored, RestoredRoom};
use super::outbox;
use super::room::{CatchUp, History, Room};
use super::room_key::{RoomKey, ServerKey};
use super::{Server, navigation};
use crate::action::Action;

/// Changes are gathered for so long before they are put on disk, in milliseconds.
const SAVE_EVERY_MS: u64 = 2_000;
/// Things kept of each room.
const SAVED_ITEMS_MAX: usize = 200;

/// Takes what an earlier run left: the first screen, before any server answers.
pub(super) fn restore(model: &mut Model, restored: Restored) {
    let key = ServerKey::FIRST;
    let Some(server) = model.server_mut(key) else { return };
    server.me = restored.me;
    server.epoch = restored.epoch;
    server.account = restored.account;
    server.add_users(&restored.users);
    let me = server.my_id();
    for RestoredRoom { saved, draft } in restored.rooms {
        let room_key = RoomKey { server: key, room: saved.membership.room.id };
        let mut room = Room::new(saved.membership);
        room.timeline = super::Timeline::above(saved.floor);
        for item in &saved.items {
            room.timeline.apply(item, me);
        }
        room.cursor = saved.cursor;
        room.highest_seen = saved.cursor;
        room.catch_up = CatchUp::Needed;
        room.history = History::NotRequested;
        room.draft = Editor::with(draft);
        room.is_restored = true;
        room.is_saved = true;
        model.rooms.insert(room_key, room);
    }
    model.history.restore(restored.input_history);
    model.room_to_open = restored.open.map(|room| RoomKey { server: key, room });
    navigation::open_default_room(model, key);
    for post in restored.outbox {
        outbox::restore(model, post);
    }
}

/// When what has changed is put on disk.
pub(super) fn next_save(model: &Model) -> Option<UnixMillis> {
    let is_changed = model.rooms.values().any(|room| !room.is_saved || !room.is_draft_saved);
    (is_changed && !model.rooms.is_empty()).then(|| model.saved_at.plus_ms(SAVE_EVERY_MS))
}

/// Puts on disk what has changed, where enough time has gone by.
pub(super) fn save_if_due(model: &mut Model) {
    if next_save(model).is_some_and(|at| at <= model.now) {
        save_all(model);
    }
}

/// Puts on disk what has changed.
pub(super) fn save_all(model: &mut Model) {
    model.saved_at = model.now;
    let servers: Vec<_> = model.servers.keys().copied().collect();
    for server in servers {
        save_rooms(model, server);
    }
    let room_keys: Vec<_> = model.rooms.keys().copied().collect();
    for room_key in room_keys {
        save_draft(model, room_key);
    }
}

fn save_rooms(model: &mut Model, key: ServerKey) {
    let Some(server) = model.servers.get(&key) else { return };
    let me = server.my_id();
    let mut saved = Vec::new();
    // A room whose changes are not all at hand has no cursor that holds for what is.
    let changed = model.rooms.iter_mut().filter(|(room_key, room)| room_key.server == key && !room.is_saved);
    for (_, room) in changed.filter(|(_, room)| room.catch_up == CatchUp::Current) {
        room.is_saved = true;
        let entries = room.timeline.entries();
        let last = entries.range(entries.len().saturating_sub(SAVED_ITEMS_MAX)..);
        let floor = if entries.len() > SAVED_ITEMS_MAX { last.clone().next().map(|entry| entry.seq) } else { None };
        saved.push(SavedRoom {
            membership: room.membership(),
            cursor: room.cursor,
            floor: floor.unwrap_or_else(|| room.timeline.floor()).max(Seq::ZERO),
            items: last.filter_map(|entry| entry.to_item(me)).collect(),
        });
    }
    let (Some(me), Some(epoch)) = (server.me.clone(), server.epoch.clone()) else { return };
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

fn authors(server: &Server, saved: &[SavedRoom]) -> Vec<chat_proto::room::User> {
    let by: std::collections::BTreeSet<_> = saved.iter().flat_map(|room| &room.items).map(|item| item.by).collect();
    server.people().filter(|user| by.contains(&user.id)).cloned().collect()
}

/// Whether a text that is written in a room would expire: it is put into no file.
pub(super) fn would_expire(room: &Room, text: &str) -> bool {
    let is_command =
        matches!(commands::parse(text), Some(commands::ParsedLine::Command { action: Action::SendEphemeral, .. }));
    is_command || room.is_ephemeral()
}

/// Puts on disk what is being written, unless it would expire.
pub(super) fn save_draft(model: &mut Model, room_key: RoomKey) {
    let Some(room) = model.rooms.get_mut(&room_key).filter(|room| !room.is_draft_saved) else { return };
    room.is_draft_saved = true;
    let text = match room.editing {
        // While a message is edited, the draft is what was being written before.
        Some(_) => model.stashed.text(),
        None => room.draft.text(),
    };
    let saved = if would_expire(room, text) { String::new() } else { text.to_owned() };
    model.effects.push(Effect::Persist(room_key.server, PersistOp::StoreDraft(room_key.room, saved)));
}
