//! Which room is open. Must not know how rooms are loaded, or what of them is visible.

#![deny(clippy::disallowed_methods)]

use std::collections::BTreeMap;

use super::outcomes::Outcomes;
use super::rooms::room::Room;
use crate::app::state::outcome::Outcome;
use crate::app::state::room_key::{RoomKey, ServerKey};
use crate::text::SafeText;

/// Which room is open.
#[derive(Debug, Default)]
pub struct Navigation {
    /// The open room.
    pub current: Option<RoomKey>,
    /// The room to open once it is known.
    pub(in crate::app) to_open: Option<RoomKey>,
}

impl Navigation {
    /// Opens a room; one that is open goes to its first unread message.
    pub fn open(&mut self, room_key: RoomKey, rooms: &mut BTreeMap<RoomKey, Room>, out: &mut Outcomes) {
        if !rooms.contains_key(&room_key) {
            return;
        }
        let left = self.current.filter(|current| *current != room_key);
        if let Some(room) = left.and_then(|left| rooms.get_mut(&left)) {
            room.on_closed();
        }
        let is_open = self.current.replace(room_key) == Some(room_key);
        match rooms.get_mut(&room_key) {
            Some(room) if is_open => room.go_to_first_unread(),
            Some(room) => room.on_opened(),
            None => {}
        }
        out.push(Outcome::RoomOpened { opened: room_key, left });
    }

    /// Opens a room if none is open: the one that was open last, `#general`, or the first that is listed.
    pub fn open_default(
        &mut self,
        server: ServerKey,
        listed: &[(RoomKey, SafeText)],
        rooms: &mut BTreeMap<RoomKey, Room>,
        out: &mut Outcomes,
    ) {
        if self.current.is_some_and(|room_key| rooms.contains_key(&room_key)) {
            return;
        }
        let of_server = || listed.iter().filter(|(room_key, _)| room_key.server == server);
        let wanted = self.to_open.take().filter(|room_key| rooms.contains_key(room_key));
        let general = || of_server().find(|(_, title)| title.as_str() == "general").or_else(|| of_server().next());
        if let Some(room_key) = wanted.or_else(|| general().map(|(room_key, _)| *room_key)) {
            self.open(room_key, rooms, out);
        }
    }

    /// The room `step` lines further down the list.
    pub fn neighbour(&self, step: isize, listed: &[RoomKey]) -> Option<RoomKey> {
        let at = self.current.and_then(|current| listed.iter().position(|room_key| *room_key == current));
        let next = match at {
            Some(at) => (at + listed.len()).wrapping_add_signed(step) % listed.len(),
            None => 0,
        };
        listed.get(next).copied()
    }

    /// The next room after the present one that is `wanted`.
    pub fn next_that(&self, listed: &[RoomKey], wanted: impl Fn(RoomKey) -> bool) -> Option<RoomKey> {
        let at = self.current.and_then(|current| listed.iter().position(|room_key| *room_key == current)).unwrap_or(0);
        let after = listed.iter().cycle().skip(at + 1).take(listed.len());
        after.copied().find(|room_key| wanted(*room_key))
    }

    /// The server that new requests go to.
    pub fn server(&self) -> ServerKey {
        self.current.map_or(ServerKey::FIRST, |room_key| room_key.server)
    }

    /// A room is gone. Returns whether it was the open one.
    pub fn on_removed(&mut self, room_key: RoomKey) -> bool {
        self.current.take_if(|current| *current == room_key).is_some()
    }
}
