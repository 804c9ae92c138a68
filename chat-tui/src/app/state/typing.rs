//! Who types, as others told; and when to tell that one types.

use std::collections::HashMap;

use chat_proto::ids::{ConnectionId, UserId};
use chat_proto::limits::TYPING_EVERY_MS;
use chat_proto::time::UnixMillis;

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
    pub(in crate::app) fn on_typing(&mut self, user: UserId, connection: ConnectionId, until: Option<UnixMillis>) {
        match until {
            Some(until) => drop(self.until.insert((user, connection), until)),
            None => drop(self.until.remove(&(user, connection))),
        }
    }

    /// Someone's message came: they do not type it any more.
    pub(in crate::app) fn on_message(&mut self, user: UserId) {
        self.until.retain(|(typing, _), _| *typing != user);
    }

    /// When the next one stops.
    pub(in crate::app) fn next_expiry(&self) -> Option<UnixMillis> {
        self.until.values().min().copied()
    }

    /// Drops who has stopped; whether anyone had.
    pub(in crate::app) fn expire(&mut self, now: UnixMillis) -> bool {
        let before = self.until.len();
        self.until.retain(|_, until| *until > now);
        before != self.until.len()
    }

    /// Whether the server has to be told about the draft: at most every 3 s while it grows.
    pub(in crate::app) fn must_send(&self, is_typing: bool, now: UnixMillis) -> bool {
        match self.sent_at {
            Some(at) if is_typing => now.since_ms(at) >= TYPING_EVERY_MS,
            Some(_) => true,
            None => is_typing,
        }
    }

    /// The server has been told.
    pub(in crate::app) fn on_sent(&mut self, is_typing: bool, now: UnixMillis) {
        self.sent_at = is_typing.then_some(now);
    }

    /// Nobody is heard while the link is down.
    pub(in crate::app) fn clear(&mut self) {
        *self = Self::default();
    }
}
