//! Tells changed presences to the rooms of those who changed, and changed topics to their room.

use std::sync::{Arc, OnceLock};

use chat_proto::codec;
use chat_proto::ids::{RoomId, UserId};
use chat_proto::limits::PRESENCE_ROOM_MAX;
use chat_proto::message::Item;
use chat_proto::presence::UserPresence;
use chat_proto::server_frame::Topics;
use chat_proto::time::UnixMillis;

use crate::presence::Audience;
use crate::room::{Rooms, Witness};
use crate::store::Store;
use crate::topics::{TopicsAudience, TopicsService};

/// The rooms a person is in are their audience.
pub(super) struct RoomAudience {
    store: Arc<dyn Store>,
    rooms: Rooms,
}

impl RoomAudience {
    pub(super) fn new(store: Arc<dyn Store>, rooms: Rooms) -> Self {
        Self { store, rooms }
    }
}

impl Audience for RoomAudience {
    fn presences_changed(&self, changed: &[UserPresence]) {
        let (store, rooms, changed) = (Arc::clone(&self.store), self.rooms.clone(), changed.to_vec());
        // A few reads; ends by itself.
        tokio::spawn(async move {
            for presence in changed {
                let Ok(memberships) = store.memberships(presence.user).await else { continue };
                let frame = codec::encode(&presence);
                for room in memberships.into_iter().filter(|m| m.room.members <= PRESENCE_ROOM_MAX) {
                    rooms.transient(room.room.id, frame.clone(), None);
                }
            }
        });
    }

    fn went_offline(&self, user: UserId, last_seen: UnixMillis) {
        // Where it cannot be kept, the last one stays; nobody waits for it.
        drop(self.store.set_last_seen(user, last_seen));
    }
}

/// Tells a room its topics. The rooms are made after it, since they tell the topics what they show.
#[derive(Default)]
pub(super) struct TopicsRooms(pub(super) OnceLock<Rooms>);

impl TopicsAudience for TopicsRooms {
    fn topics_changed(&self, topics: Topics) {
        if let Some(rooms) = self.0.get() {
            rooms.transient(topics.room, codec::encode(&topics), None);
        }
    }
}

/// Lets the topics see what rooms show.
pub(super) struct TopicsWitness(pub(super) TopicsService);

impl Witness for TopicsWitness {
    fn began(&self, room: RoomId, items: &[Item]) {
        self.0.rebuild(room, items);
    }

    fn shown(&self, room: RoomId, item: &Item) {
        self.0.saw(room, item);
    }

    fn left(&self, room: RoomId) {
        self.0.forget_room(room);
    }
}
