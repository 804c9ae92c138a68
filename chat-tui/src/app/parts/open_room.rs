//! The open room and its server, lent to a part that works on both. Must not know how it came to be open.

#![deny(clippy::disallowed_methods)]

use std::collections::BTreeMap;

use super::rooms::room::Room;
use super::server::Server;
use crate::app::state::room_key::{RoomKey, ServerKey};

/// The open room and its server.
pub struct OpenRoom<'a> {
    /// The room.
    pub room: &'a mut Room,
    /// Its server.
    pub server: &'a Server,
}

impl<'a> OpenRoom<'a> {
    /// Borrows the open room; `None` if there is none.
    pub fn find(
        rooms: &'a mut BTreeMap<RoomKey, Room>,
        servers: &'a BTreeMap<ServerKey, Server>,
        current: Option<RoomKey>,
    ) -> Option<Self> {
        let room = rooms.get_mut(&current?)?;
        Some(Self { server: servers.get(&room.key.server)?, room })
    }
}
