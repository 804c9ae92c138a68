//! Who sees what rooms show: the trending words, and the count of who is where.

use std::sync::{Arc, OnceLock};

use chat_proto::codec;
use chat_proto::ids::RoomId;
use chat_proto::message::{Content, Item};
use chat_proto::server_frame::{AccountChange, TrendingWords};

use super::audience::RoomAudience;
use crate::account::Connections;
use crate::room::{RoomObserver, Rooms};
use crate::trending::{TrendingAudience, TrendingService};

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

    fn room_stopped(&self, room: RoomId) {
        self.trending.forget_room(room);
    }
}
