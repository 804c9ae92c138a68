//! Tells the server that the user is typing, or has stopped. Must not know who else types.

#![deny(clippy::disallowed_methods)]

use chat_proto::request::SetTyping;

use crate::app::model::Model;
use crate::app::state::room_key::RoomKey;

/// The draft of a room changed.
pub fn on_draft_changed(model: &mut Model, room_key: RoomKey) {
    let Some(room) = model.rooms.get(&room_key) else { return };
    let (draft, editing) = (&room.writing.draft, room.writing.editing);
    // Commands are private, and an edit is no new message.
    let is_typing = !draft.is_empty() && !draft.text().starts_with('/') && editing.is_none();
    send_if_due(model, room_key, is_typing);
}

/// A room is left: nobody types in it any more.
pub fn on_room_left(model: &mut Model, room_key: RoomKey) {
    send_if_due(model, room_key, false);
}

fn send_if_due(model: &mut Model, room_key: RoomKey, is_typing: bool) {
    if !model.is_ready(room_key.server) {
        return;
    }
    let (now, every_ms) = (model.now, model.limits(room_key.server).typing_every_ms);
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    if room.people.typing.must_send(is_typing, every_ms, now) {
        room.people.typing.on_sent(is_typing, now);
        model.ask_and_forget(room_key.server, SetTyping { room: room_key.room, is_typing });
    }
}
