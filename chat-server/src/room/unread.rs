//! The ephemeral part of unread counts: from memory, also for rooms that do not run. Must not know persistent messages.

use std::collections::HashSet;
use std::time::Duration;

use chat_proto::ids::{RoomId, UserId};
use chat_proto::room::ReadMarker;
use chat_proto::unread::Reader;
use futures_util::future::join_all;
use tokio::time::timeout;

use super::command::Command;
use super::handle::Rooms;

/// How long a reader waits for the live store.
const ANSWER_LIMIT: Duration = Duration::from_millis(250);

impl Rooms {
    /// Sees to it that the ephemeral messages of rooms are known, if the live store can be asked now. It is asked at most
    /// once, for the rooms that have any: of those each is started, once in the life of this process.
    pub async fn learn_ephemeral(&self, rooms: impl Iterator<Item = RoomId>) {
        let registry = &self.0;
        let live = &registry.services().live;
        let losses = *live.losses().borrow();
        let mut unknown: Vec<RoomId> = rooms.filter(|room| !registry.is_ephemeral_known(*room, losses)).collect();
        if unknown.is_empty() || !*live.availability().borrow() {
            return;
        }
        let asking = live.rooms_with_entries((registry.services().clock)());
        let Ok(Ok(with_entries)) = timeout(ANSWER_LIMIT, asking).await else { return };
        let with_entries: HashSet<RoomId> = with_entries.into_iter().collect();
        unknown.retain(|room| {
            let has_entries = with_entries.contains(room);
            if !has_entries {
                registry.note_no_ephemeral(*room, losses);
            }
            has_entries
        });
        // A room knows them once it has started. One that cannot start keeps nobody from being answered.
        join_all(unknown.into_iter().map(|room| registry.ask(room, Command::Drain))).await;
    }

    /// Adds the unread ephemeral messages of a room to an account's read marker, which counts persistent ones.
    pub fn with_ephemeral(&self, room: RoomId, user: UserId, read_marker: ReadMarker) -> ReadMarker {
        let reader = Reader { user, read_seq: read_marker.read_seq };
        match self.0.living().unread(room, reader, (self.0.services().clock)()) {
            Some(unread) => read_marker.with_ephemeral(unread),
            None => ReadMarker { lacks_ephemeral: true, ..read_marker },
        }
    }
}
