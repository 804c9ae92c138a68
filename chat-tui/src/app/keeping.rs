//! What is put on disk, and what an earlier run left there. Nothing that expires is.

use chat_proto::ids::Seq;
use chat_proto::time::UnixMillis;

use super::commands;
use super::editor::Editor;
use super::effect::{Effect, Keep, KeptRoom};
use super::model::Model;
use super::msg::{Restored, RestoredRoom};
use super::outbox;
use super::room::{Catching, History, Room};
use super::room_key::{RoomKey, ServerKey};
use super::{Server, navigation};
use crate::action::Action;

/// Changes are gathered for so long before they are put on disk, in milliseconds.
const GATHER_MS: u64 = 2_000;
/// Things kept of each room.
const KEPT: usize = 200;

/// Takes what an earlier run left: the first screen, before any server answers.
pub(super) fn restore(model: &mut Model, restored: Restored) {
    let key = ServerKey::FIRST;
    let Some(server) = model.server_mut(key) else { return };
    server.me = restored.me;
    server.epoch = restored.epoch;
    server.account = restored.account;
    server.learn(&restored.users);
    let me = server.my_id();
    for RestoredRoom { kept, draft } in restored.rooms {
        let room_key = RoomKey { server: key, room: kept.membership.room.id };
        let mut room = Room::new(kept.membership);
        room.timeline = super::Timeline::above(kept.floor);
        for item in &kept.items {
            room.timeline.apply(item, me);
        }
        room.cursor = kept.cursor;
        room.heard = kept.cursor;
        room.catching = Catching::Needed;
        room.history = History::Unasked;
        room.draft = Editor::with(draft);
        room.is_restored = true;
        room.is_kept = true;
        model.rooms.insert(room_key, room);
    }
    model.history.restore(restored.input_history);
    model.to_open = restored.open.map(|room| RoomKey { server: key, room });
    navigation::open_something(model, key);
    for post in restored.outbox {
        outbox::restore(model, post);
    }
}

/// When what has changed is put on disk.
pub(super) fn next_keeping(model: &Model) -> Option<UnixMillis> {
    let is_changed = model.rooms.values().any(|room| !room.is_kept || !room.is_draft_kept);
    (is_changed && !model.rooms.is_empty()).then(|| model.kept_at.plus_ms(GATHER_MS))
}

/// Puts on disk what has changed, where enough time has gone by.
pub(super) fn keep_what_is_due(model: &mut Model) {
    if next_keeping(model).is_some_and(|at| at <= model.now) {
        keep_all(model);
    }
}

/// Puts on disk what has changed.
pub(super) fn keep_all(model: &mut Model) {
    model.kept_at = model.now;
    let servers: Vec<_> = model.servers.keys().copied().collect();
    for server in servers {
        keep_rooms(model, server);
    }
    let room_keys: Vec<_> = model.rooms.keys().copied().collect();
    for room_key in room_keys {
        keep_draft(model, room_key);
    }
}

fn keep_rooms(model: &mut Model, key: ServerKey) {
    let Some(server) = model.servers.get(&key) else { return };
    let me = server.my_id();
    let mut kept = Vec::new();
    // A room whose changes are not all at hand has no cursor that holds for what is.
    let changed = model.rooms.iter_mut().filter(|(room_key, room)| room_key.server == key && !room.is_kept);
    for (_, room) in changed.filter(|(_, room)| room.catching == Catching::Current) {
        room.is_kept = true;
        let entries = room.timeline.entries();
        let last = entries.range(entries.len().saturating_sub(KEPT)..);
        let floor = if entries.len() > KEPT { last.clone().next().map(|entry| entry.seq) } else { None };
        kept.push(KeptRoom {
            membership: room.membership(),
            cursor: room.cursor,
            floor: floor.unwrap_or_else(|| room.timeline.floor()).max(Seq::ZERO),
            items: last.filter_map(|entry| entry.to_item(me)).collect(),
        });
    }
    let (Some(me), Some(epoch)) = (server.me.clone(), server.epoch.clone()) else { return };
    if kept.is_empty() {
        return;
    }
    let users = authors(server, &kept);
    let open = model.current.filter(|room_key| room_key.server == key).map(|room_key| room_key.room);
    model.effects.push(Effect::Keep(key, Keep::Account { me, epoch, account: server.account, open, users }));
    model.effects.push(Effect::Keep(key, Keep::Rooms(kept)));
}

fn authors(server: &Server, kept: &[KeptRoom]) -> Vec<chat_proto::room::User> {
    let by: std::collections::BTreeSet<_> = kept.iter().flat_map(|room| &room.items).map(|item| item.by).collect();
    server.people().filter(|user| by.contains(&user.id)).cloned().collect()
}

/// Whether a text that is written in a room would expire: it is put into no file.
pub(super) fn would_expire(room: &Room, text: &str) -> bool {
    let is_command =
        matches!(commands::parse(text), Some(commands::Line::Command { action: Action::SendExpiring, .. }));
    is_command || room.is_ephemeral()
}

/// Puts on disk what is being written, unless it would expire.
pub(super) fn keep_draft(model: &mut Model, room_key: RoomKey) {
    let Some(room) = model.rooms.get_mut(&room_key).filter(|room| !room.is_draft_kept) else { return };
    room.is_draft_kept = true;
    let text = match room.editing {
        // While a message is edited, the draft is what was being written before.
        Some(_) => model.stashed.text(),
        None => room.draft.text(),
    };
    let kept = if would_expire(room, text) { String::new() } else { text.to_owned() };
    model.effects.push(Effect::Keep(room_key.server, Keep::Draft(room_key.room, kept)));
}
