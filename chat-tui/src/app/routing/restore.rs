//! Takes what an earlier run left on disk: the first screen, before any server answers. It stands here and not among the
//! parts because it fills nearly all of them. Must not know files.

#![deny(clippy::disallowed_methods)]

use super::model::Model;
use crate::app::parts::editor::Editor;
use crate::app::parts::outcomes::Outcomes;
use crate::app::parts::rooms::pending_post::PendingPost;
use crate::app::parts::rooms::room::Room;
use crate::app::state::msg::Restored;
use crate::app::state::outcome::Outcome;
use crate::app::state::room_key::{RoomKey, ServerKey};
use crate::catch_up::Life;

/// Shows what an earlier run left. Drafts, places and posts of rooms that are not known yet wait for them.
pub fn restore(model: &mut Model, restored: Restored, out: &mut Outcomes) {
    let key = ServerKey::FIRST;
    let of = |room| RoomKey { server: key, room };
    let Some(server) = model.servers.get_mut(&key) else { return };
    server.add_users(restored.me.as_slice());
    server.me = restored.me;
    server.life = Life::of(restored.epoch);
    server.account = restored.account;
    server.add_users(&restored.users);
    let me = server.my_id();
    for saved in restored.rooms {
        model.rooms.insert(of(saved.membership.room.id), Room::restored(key, saved, me));
    }
    for (room, place) in restored.places {
        match model.rooms.get_mut(&of(room)) {
            Some(room) => room.restore_place(place),
            None => model.unclaimed.keep_place(of(room), place),
        }
    }
    for (room, draft) in restored.drafts {
        match model.rooms.get_mut(&of(room)) {
            Some(room) => room.writing.draft = Editor::with(draft),
            None => model.unclaimed.keep_draft(of(room), draft),
        }
    }
    for post in restored.outbox {
        match model.rooms.get_mut(&post.room_key) {
            Some(room) => room.writing.pending.push(PendingPost::restored(post, model.now)),
            None => model.unclaimed.keep_post(post),
        }
    }
    model.composer.history.restore(restored.input_history);
    model.first_keys.restore(&restored.used_keys);
    model.recent.restore(key, (&restored.used_commands, restored.opened_rooms));
    model.navigation.to_open = restored.open.map(of);
    out.push(Outcome::OpenDefaultRoom(key));
}
