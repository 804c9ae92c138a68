//! Who types, as others told; and when to tell that one types.

use std::collections::HashMap;

use chat_proto::ids::{ConnectionId, UserId};
use chat_proto::limits::TYPING_EVERY_MS;
use chat_proto::request::SetTyping;
use chat_proto::time::UnixMillis;

use super::model::Model;
use super::room_key::RoomKey;

/// Who types in one room.
#[derive(Clone, Debug, Default)]
pub struct Typing {
    /// Until when, by connection: two devices of one person type on their own.
    until: HashMap<(UserId, ConnectionId), UnixMillis>,
    /// When it was told last that one types here oneself.
    sent_at: Option<UnixMillis>,
}

impl Typing {
    /// The people who type, by id.
    pub fn people(&self, now: UnixMillis) -> Vec<UserId> {
        let typing = self.until.iter().filter(|(_, until)| **until > now).map(|((user, _), _)| *user);
        let mut people: Vec<_> = typing.collect();
        people.sort_unstable();
        people.dedup();
        people
    }

    /// Someone types for so long; 0: stopped.
    pub(super) fn on_typing(&mut self, user: UserId, connection: ConnectionId, until: Option<UnixMillis>) {
        match until {
            Some(until) => drop(self.until.insert((user, connection), until)),
            None => drop(self.until.remove(&(user, connection))),
        }
    }

    /// Someone's message came: they do not type it any more.
    pub(super) fn on_message(&mut self, user: UserId) {
        self.until.retain(|(typing, _), _| *typing != user);
    }

    /// When the next one stops.
    pub(super) fn next_expiry(&self) -> Option<UnixMillis> {
        self.until.values().min().copied()
    }

    /// Drops who has stopped; whether anyone had.
    pub(super) fn expire(&mut self, now: UnixMillis) -> bool {
        let before = self.until.len();
        self.until.retain(|_, until| *until > now);
        before != self.until.len()
    }

    /// Nobody is heard while the link is down.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// The text changed: tells that one types, at most every 3 s; or that one stopped.
pub(super) fn send_typing(model: &mut Model, room_key: RoomKey) {
    let now = model.now;
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    // Commands are nobody's business.
    let is_typing = !room.draft.is_empty() && !room.draft.text().starts_with('/') && room.editing.is_none();
    let is_due = room.typing.sent_at.is_none_or(|at| now.since_ms(at) >= TYPING_EVERY_MS);
    let must_send = if is_typing { is_due } else { room.typing.sent_at.is_some() };
    if must_send && model.is_ready(room_key.server) {
        if let Some(room) = model.rooms.get_mut(&room_key) {
            room.typing.sent_at = is_typing.then_some(now);
        }
        model.ask_and_forget(room_key.server, SetTyping { room: room_key.room, is_typing });
    }
}
