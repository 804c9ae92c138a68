//! Puts unfinished messages on disk, unless they would expire. Must not know how they are written.

#![deny(clippy::disallowed_methods)]

use super::command_line::{self, ParsedLine};
use crate::action::Action;
use crate::app::model::Model;
use crate::app::parts::rooms::room::Room;
use crate::app::state::effect::{Effect, PersistOp};
use crate::app::state::room_key::RoomKey;

/// Whether a text written in a room would become an ephemeral message, which no file may hold.
pub fn would_expire(room: &Room, text: &str) -> bool {
    let is_command =
        matches!(command_line::parse(text), Some(ParsedLine::Command { action: Action::SendEphemeral, .. }));
    is_command || room.is_ephemeral()
}

/// Puts a room's draft on disk if it has changed; one that would expire is removed from there.
pub fn save(model: &mut Model, room_key: RoomKey) {
    let Some(room) = model.rooms.get_mut(&room_key).filter(|room| !room.writing.is_draft_saved) else { return };
    room.writing.is_draft_saved = true;
    let text = match room.writing.editing {
        // During an edit, the draft is the text that the edit interrupted.
        Some(_) => model.stashed.text(),
        None => room.writing.draft.text(),
    };
    let saved = if would_expire(room, text) { String::new() } else { text.to_owned() };
    model.effects.push(Effect::Persist(room_key.server, PersistOp::StoreDraft(room_key.room, saved)));
}
