//! Observes what rooms show, for the trending words and others that do not subscribe. Must not block a room.

use chat_proto::ids::RoomId;
use chat_proto::message::Item;

/// Sees what rooms show.
pub trait RoomObserver: Send + Sync {
    /// A room begins with these items at hand.
    fn room_started(&self, room: RoomId, items: &[Item]);
    /// A room shows an item in its new state.
    fn item_shown(&self, room: RoomId, item: &Item);
    /// A room leaves; it may begin again.
    fn room_stopped(&self, room: RoomId);
}
