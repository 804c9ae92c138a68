//! The one way out of a room: a frame, encoded once, to every listener. Must not know who may listen.

use std::collections::HashMap;

use bytes::Bytes;
use chat_proto::ids::{ConnectionId, RoomId, UserId};

use crate::send_queue::SendQueue;

/// The listeners of a room.
#[derive(Debug, Default)]
pub(super) struct Fanout {
    listeners: Vec<Listener>,
    positions: HashMap<ConnectionId, usize>,
}

#[derive(Debug)]
struct Listener {
    connection: ConnectionId,
    user: UserId,
    send_queue: SendQueue,
}

impl Fanout {
    pub(super) fn add(&mut self, connection: ConnectionId, user: UserId, send_queue: SendQueue) {
        if !self.positions.contains_key(&connection) {
            self.positions.insert(connection, self.listeners.len());
            self.listeners.push(Listener { connection, user, send_queue });
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

    /// Removes every listener of an account, and discards what is queued of the room for them.
    pub(super) fn evict(&mut self, room: RoomId, user: UserId) {
        for listener in self.listeners.iter().filter(|listener| listener.user == user) {
            listener.send_queue.forget_room(room);
        }
        self.remove_all(|listener| listener.user == user);
    }

    /// Removes connections that have ended.
    pub(super) fn prune(&mut self) {
        self.remove_all(|listener| listener.send_queue.has_ended());
    }

    fn remove_all(&mut self, unwanted: impl Fn(&Listener) -> bool) {
        let unwanted = self.listeners.iter().filter(|listener| unwanted(listener));
        for connection in unwanted.map(|listener| listener.connection).collect::<Vec<_>>() {
            self.remove(connection);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.listeners.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.listeners.len()
    }

    /// Sends an event to every listener.
    pub(super) fn event(&mut self, room: RoomId, frame: &Bytes) {
        let mut has_ended = false;
        for listener in &self.listeners {
            has_ended |= !listener.send_queue.event(room, frame.clone());
        }
        if has_ended {
            self.prune();
        }
    }

    /// Tells every listener to ask for the changes.
    pub(super) fn gap(&self, room: RoomId) {
        for listener in &self.listeners {
            listener.send_queue.gap(room);
        }
    }

    /// Sends a frame that may be dropped to the listeners that are `wanted`.
    pub(super) fn transient(&self, room: RoomId, frame: &Bytes, wanted: impl Fn(ConnectionId, UserId) -> bool) {
        for listener in self.listeners.iter().filter(|listener| wanted(listener.connection, listener.user)) {
            listener.send_queue.transient(Some(room), frame.clone());
        }
    }
}
