//! The one way out of a room: a push, shared by every listener. Must not know who may listen, or how a push is encoded.

use std::collections::HashMap;
use std::sync::Arc;

use chat_proto::ids::{ConnectionId, RoomId, UserId};

use crate::access::Caller;
use crate::push::Push;
use crate::send_queue::SendQueue;

/// The listeners of a room. Each listener's queue knows that the room feeds it, for as long as it stands here.
#[derive(Debug)]
pub(super) struct Fanout {
    room: RoomId,
    listeners: Vec<Listener>,
    positions: HashMap<ConnectionId, usize>,
}

#[derive(Debug)]
struct Listener {
    connection: ConnectionId,
    caller: Caller,
    send_queue: SendQueue,
}

impl Fanout {
    /// No listeners yet.
    pub(super) fn new(room: RoomId) -> Self {
        Self { room, listeners: Vec::new(), positions: HashMap::new() }
    }

    /// Adds a listener, unless its connection has ended.
    pub(super) fn add(&mut self, connection: ConnectionId, caller: Caller, send_queue: SendQueue) {
        if send_queue.subscribe(self.room) && !self.positions.contains_key(&connection) {
            self.positions.insert(connection, self.listeners.len());
            self.listeners.push(Listener { connection, caller, send_queue });
        }
    }

    pub(super) fn remove(&mut self, connection: ConnectionId) {
        if let Some(position) = self.positions.remove(&connection) {
            self.listeners.swap_remove(position).send_queue.unsubscribe(self.room);
            if let Some(moved) = self.listeners.get(position) {
                self.positions.insert(moved.connection, position);
            }
        }
    }

    /// Removes every listener of an account, and drops what is queued of the room for them.
    pub(super) fn evict(&mut self, user: UserId) {
        for listener in self.listeners.iter().filter(|listener| listener.caller.user() == user) {
            listener.send_queue.forget_room(self.room);
        }
        self.remove_all(|listener| listener.caller.user() == user);
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
    pub(super) fn event(&mut self, push: &Arc<Push>) {
        let mut has_ended = false;
        for listener in &self.listeners {
            has_ended |= !listener.send_queue.event(self.room, Arc::clone(push));
        }
        if has_ended {
            self.prune();
        }
    }

    /// Tells every listener to ask for the changes.
    pub(super) fn gap(&self) {
        for listener in &self.listeners {
            listener.send_queue.gap(self.room);
        }
    }

    /// Sends a push that may be dropped to the listeners that are `wanted`.
    pub(super) fn transient(&self, push: &Arc<Push>, wanted: impl Fn(ConnectionId, &Caller) -> bool) {
        for listener in self.listeners.iter().filter(|listener| wanted(listener.connection, &listener.caller)) {
            listener.send_queue.transient(Some(self.room), Arc::clone(push));
        }
    }
}
