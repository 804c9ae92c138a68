//! The one way out of a room: a frame, encoded once, to everyone who listens.

use std::collections::HashMap;

use bytes::Bytes;
use chat_proto::ids::{ConnectionId, RoomId};

use crate::outbox::Outbox;

/// Those who listen to a room.
#[derive(Debug, Default)]
pub(super) struct Fanout {
    listeners: Vec<(ConnectionId, Outbox)>,
    places: HashMap<ConnectionId, usize>,
}

impl Fanout {
    pub(super) fn add(&mut self, connection: ConnectionId, outbox: Outbox) {
        if !self.places.contains_key(&connection) {
            self.places.insert(connection, self.listeners.len());
            self.listeners.push((connection, outbox));
        }
    }

    pub(super) fn remove(&mut self, connection: ConnectionId) {
        if let Some(place) = self.places.remove(&connection) {
            self.listeners.swap_remove(place);
            if let Some((moved, _)) = self.listeners.get(place) {
                self.places.insert(*moved, place);
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.listeners.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.listeners.len()
    }

    /// Sends an event to all.
    pub(super) fn event(&self, room: RoomId, frame: &Bytes) {
        for (_, outbox) in &self.listeners {
            outbox.event(room, frame.clone());
        }
    }

    /// Sends what may be lost to all but one.
    pub(super) fn transient(&self, room: RoomId, frame: &Bytes, but: Option<ConnectionId>) {
        for (connection, outbox) in &self.listeners {
            if Some(*connection) != but {
                outbox.transient(Some(room), frame.clone());
            }
        }
    }
}
