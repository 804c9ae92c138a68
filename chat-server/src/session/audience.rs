//! Tells changed presences to the rooms of those who changed.

use std::sync::Arc;

use chat_proto::codec;
use chat_proto::ids::UserId;
use chat_proto::limits::PRESENCE_ROOM_MAX;
use chat_proto::presence::UserPresence;
use chat_proto::time::UnixMillis;

use crate::presence::Audience;
use crate::room::Rooms;
use crate::store::Store;

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
