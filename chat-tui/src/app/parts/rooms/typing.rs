//! Who is typing in a room, and when the server has to know that the user is. Must not know drafts.

#![deny(clippy::disallowed_methods)]

use std::collections::HashMap;

use chat_proto::ids::{ConnectionId, UserId};
use chat_proto::time::UnixMillis;

/// Who is typing in one room.
#[derive(Clone, Debug, Default)]
pub struct Typing {
    /// Until when, by connection: two devices of one person are independent.
    until: HashMap<(UserId, ConnectionId), UnixMillis>,
    /// When the server was last notified that the user is typing; `None` if it believes otherwise.
    sent_at: Option<UnixMillis>,
}

impl Typing {
    /// The people who are typing, by id.
    pub fn people(&self, now: UnixMillis) -> Vec<UserId> {
        let typing = self.until.iter().filter(|(_, until)| **until > now).map(|((user, _), _)| *user);
        let mut people: Vec<_> = typing.collect();
        people.sort_unstable();
        people.dedup();
        people
    }

    /// Someone is typing until then; `None` if they have stopped.
    pub(in crate::app) fn on_typing(&mut self, user: UserId, connection: ConnectionId, until: Option<UnixMillis>) {
        match until {
            Some(until) => drop(self.until.insert((user, connection), until)),
            None => drop(self.until.remove(&(user, connection))),
        }
    }

    /// Someone's message arrived: they are no longer typing it.
    pub(in crate::app) fn on_message(&mut self, user: UserId) {
        self.until.retain(|(typing, _), _| *typing != user);
    }

    /// When the next person stops.
    pub(in crate::app) fn next_expiry(&self) -> Option<UnixMillis> {
        self.until.values().min().copied()
    }

    /// Removes those who have stopped. Returns whether there were any.
    pub(in crate::app) fn expire(&mut self, now: UnixMillis) -> bool {
        let before = self.until.len();
        self.until.retain(|_, until| *until > now);
        before != self.until.len()
    }

    /// The draft changed. Returns whether the server is to be notified now: at most every `every_ms` while the user types.
    pub(in crate::app) fn on_draft(&mut self, is_typing: bool, every_ms: u64, now: UnixMillis) -> bool {
        let is_due = match self.sent_at {
            Some(at) if is_typing => now.since_ms(at) >= every_ms,
            Some(_) => true,
            None => is_typing,
        };
        if is_due {
            self.sent_at = is_typing.then_some(now);
        }
        is_due
    }

    /// Forgets everyone, because the connection is lost.
    pub(in crate::app) fn clear(&mut self) {
        *self = Self::default();
    }
}
