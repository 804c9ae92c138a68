//! The followed rooms, and what has come of each and is not taken yet. Pure: must not know the connection.

#![deny(clippy::disallowed_methods)]

use std::collections::VecDeque;

use chat_proto::ids::RoomId;

use super::followed::{Followed, RoomStart};
use crate::catch_up::Following;

/// One followed room.
#[derive(Debug)]
pub(super) struct FollowedRoom {
    /// Its id.
    pub id: RoomId,
    /// How far it is followed.
    pub following: Following,
    /// Whether the present connection pushes its events.
    pub is_subscribed: bool,
    /// In the order of its changes.
    ready: VecDeque<Followed>,
}

impl FollowedRoom {
    /// Adds the next change.
    pub fn push(&mut self, followed: Followed) {
        self.ready.push_back(followed);
    }
}

/// The followed rooms, in the order they were given.
#[derive(Debug)]
pub(super) struct FollowedRooms(Vec<FollowedRoom>);

impl FollowedRooms {
    /// Rooms that begin at these cursors; later changes are still to be requested.
    pub fn new(starts: Vec<RoomStart>) -> Self {
        let mut rooms = Self(Vec::with_capacity(starts.len()));
        for start in starts {
            rooms.add(start);
        }
        rooms
    }

    /// Adds a room, unless it is followed already.
    pub fn add(&mut self, start: RoomStart) {
        if self.get_mut(start.room).is_none() {
            let following = Following::behind(start.after);
            self.0.push(FollowedRoom { id: start.room, following, is_subscribed: false, ready: VecDeque::new() });
        }
    }

    /// Forgets a room, and what is ready of it.
    pub fn remove(&mut self, id: RoomId) {
        self.retain(|known| known != id);
    }

    /// Forgets the rooms for which this is false.
    pub fn retain(&mut self, is_kept: impl Fn(RoomId) -> bool) {
        self.0.retain(|room| is_kept(room.id));
    }

    /// All rooms.
    pub fn iter(&self) -> impl Iterator<Item = &FollowedRoom> {
        self.0.iter()
    }

    /// All rooms, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut FollowedRoom> {
        self.0.iter_mut()
    }

    /// One room.
    pub fn get_mut(&mut self, id: RoomId) -> Option<&mut FollowedRoom> {
        self.0.iter_mut().find(|room| room.id == id)
    }

    /// The next room to ask for a page: so that memory stays bounded, one whose last page has been taken.
    pub fn to_ask(&self) -> Option<RoomId> {
        self.0.iter().find(|room| room.following.is_behind() && room.ready.is_empty()).map(|room| room.id)
    }

    /// Takes the next change of all rooms, in the order of time. `None` as long as a room that is behind has nothing ready:
    /// its next change may be older than those of the others.
    pub fn pop(&mut self) -> Option<Followed> {
        if self.0.iter().any(|room| !room.following.is_current() && room.ready.is_empty()) {
            return None;
        }
        let next = self.0.iter_mut().filter(|room| !room.ready.is_empty());
        next.min_by_key(|room| room.ready.front().map(Followed::at)).and_then(|room| room.ready.pop_front())
    }

    /// Whether all changes that are known of have been taken.
    pub fn are_drained(&self) -> bool {
        self.0.iter().all(|room| room.ready.is_empty() && room.following.is_current())
    }
}
