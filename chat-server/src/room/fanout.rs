//! The one way out of a room: a frame, encoded once, to everyone who listens.

use std::collections::HashMap;

use bytes::Bytes;
use chat_proto::ids::{ConnectionId, RoomId, UserId};

use crate::outbox::Outbox;

/// Those who listen to a room.
#[derive(Debug, Default)]
pub(super) struct Fanout {
    listeners: Vec<Listener>,
    positions: HashMap<ConnectionId, usize>,
}

#[derive(Debug)]
struct Listener {
    connection: ConnectionId,
    user: UserId,
    outbox: Outbox,
}

impl Fanout {
    pub(super) fn add(&mut self, connection: ConnectionId, user: UserId, outbox: Outbox) {
        if !self.positions.contains_key(&connection) {
            self.positions.insert(connection, self.listeners.len());
            self.listeners.push(Listener { connection, user, outbox });
        }
    }

    pub(super) fn remove(&mut self, connection: ConnectionId) {
        if let Some(position) = self.positions.remove(&connection) {
            self.listeners.swap_remove(position);
            if let Some(moved) = self.listeners.get(position) {
                self.positions.insert(moved.connection, position);
            }
        }
    }

    /// Forgets connections that have ended, whoever made them listen.
    pub(super) fn prune(&mut self) {
        let ended = self.listeners.iter().filter(|listener| listener.outbox.has_ended());
        for connection in ended.map(|listener| listener.connection).collect::<Vec<_>>() {
            self.remove(connection);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.listeners.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.listeners.len()
    }

    /// Sends an event to all.
    pub(super) fn event(&mut self, room: RoomId, frame: &Bytes) {
        let mut has_ended = false;
        for listener in &self.listeners {
            has_ended |= !listener.outbox.event(room, frame.clone());
        }
        if has_ended {
            self.prune();
        }
    }

    /// Tells all that they have to ask what changed.
    pub(super) fn gap(&self, room: RoomId) {
        for listener in &self.listeners {
            listener.outbox.gap(room);
        }
    }

    /// Sends what may be lost to those who are wanted.
    pub(super) fn transient(&self, room: RoomId, frame: &Bytes, wanted: impl Fn(ConnectionId, UserId) -> bool) {
        for listener in self.listeners.iter().filter(|listener| wanted(listener.connection, listener.user)) {
            listener.outbox.transient(Some(room), frame.clone());
        }
    }
}
