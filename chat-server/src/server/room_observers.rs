//! Hands the events of rooms to trending words, presence and typing. Must not know the rules of any of them.

use std::sync::{Arc, OnceLock};

use chat_proto::ids::{ConnectionId, RoomId, UserId};
use chat_proto::message::{Content, Item};
use chat_proto::server_frame::{AccountChange, TrendingWords, Typing};
use chat_proto::time::UnixMillis;

use super::audience::RoomAudience;
use crate::access::RoomAction;
use crate::account::Connections;
use crate::push::Push;
use crate::room::{RoomObserver, Rooms};
use crate::trending::{TrendingAudience, TrendingService};
use crate::typing::TypingService;

/// Pushes its trending words to a room. Set late: `Rooms` is built with this as an observer.
#[derive(Default)]
pub(super) struct TrendingRooms(OnceLock<Rooms>);

impl TrendingRooms {
    /// Sets the rooms, once they have been built.
    pub(super) fn set_rooms(&self, rooms: Rooms) {
        // Only called where both are built.
        let _ = self.0.set(rooms);
    }
}

impl TrendingAudience for TrendingRooms {
    fn trending_changed(&self, trending: TrendingWords) {
        if let Some(rooms) = self.0.get() {
            rooms.transient(trending.room, RoomAction::ReadTrending, Push::new(trending), None);
        }
    }
}

/// All who see what rooms show.
pub(super) struct RoomObservers {
    pub trending: TrendingService,
    pub audience: Arc<RoomAudience>,
    pub connections: Arc<Connections>,
    pub typing: TypingService,
    pub clock: fn() -> UnixMillis,
}

impl RoomObserver for RoomObservers {
    fn room_started(&self, room: RoomId, items: &[Item]) {
        self.trending.rebuild(room, items);
    }

    fn item_shown(&self, room: RoomId, item: &Item) {
        self.trending.observe(room, item);
        self.audience.shown(room, item);
        if let Content::Message(message) = &item.content
            && item.changed == item.seq
        {
            let mention = AccountChange::Mention { room, seq: item.seq, expires_at: message.expires_at };
            for user in message.mentions.iter().filter(|user| **user != item.by) {
                self.connections.notify(*user, mention.clone());
            }
        }
    }

    fn typing_changed(
        &self,
        room: RoomId,
        (user, connection): (UserId, ConnectionId),
        is_typing: bool,
    ) -> Option<Typing> {
        self.typing.set_typing(room, (user, connection), is_typing, (self.clock)())
    }

    fn access_lost(&self, room: RoomId, user: UserId) -> Vec<Typing> {
        let devices = self.connections.devices(user).into_iter();
        let stopped = devices.filter_map(|device| {
            // Also for a device that does not listen any more: earlier frames may still be queued.
            device.send_queue.forget_room(room);
            self.typing.left(room, device.connection, (self.clock)())
        });
        stopped.collect()
    }

    fn room_stopped(&self, room: RoomId) {
        self.trending.forget_room(room);
    }
}
