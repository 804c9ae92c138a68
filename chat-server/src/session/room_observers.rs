//! Who sees what rooms show: the trending words, and the count of who is where.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use chat_proto::codec;
use chat_proto::ids::{ConnectionId, RoomId, UserId};
use chat_proto::message::{Content, Item};
use chat_proto::server_frame::{AccountChange, TrendingWords};
use chat_proto::time::UnixMillis;

use super::audience::RoomAudience;
use crate::account::Connections;
use crate::room::{RoomObserver, Rooms};
use crate::trending::{TrendingAudience, TrendingService};
use crate::typing::TypingService;

/// Pushes its trending words to a room. Set late: `Rooms` is built with this as an observer.
#[derive(Default)]
pub(super) struct TrendingRooms(pub(super) OnceLock<Rooms>);

impl TrendingAudience for TrendingRooms {
    fn trending_changed(&self, topics: TrendingWords) {
        if let Some(rooms) = self.0.get() {
            rooms.to_members(topics.room, codec::encode(&topics));
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
            for user in &message.mentions {
                self.connections.notify(*user, AccountChange::Mention { room, seq: item.seq });
            }
        }
    }

    fn typing_changed(
        &self,
        room: RoomId,
        (user, connection): (UserId, ConnectionId),
        is_typing: bool,
    ) -> Option<Bytes> {
        let changed = self.typing.set_typing(room, (user, connection), is_typing, (self.clock)());
        changed.map(|typing| codec::encode(&typing))
    }

    fn access_lost(&self, room: RoomId, user: UserId) -> Vec<Bytes> {
        let devices = self.connections.devices(user).into_iter();
        let stopped = devices.filter_map(|device| {
            // Also of a device that has stopped listening: frames from before may still be queued.
            device.send_queue.forget_room(room);
            self.typing.left(room, device.connection, (self.clock)())
        });
        stopped.map(|typing| codec::encode(&typing)).collect()
    }

    fn room_stopped(&self, room: RoomId) {
        self.trending.forget_room(room);
    }
}
