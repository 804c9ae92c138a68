//! The services beside the rooms: trending words, presence, typing. They see what a room shows and who loses access to
//! it, within the room's own turn. Must not block a room.

use chat_proto::ids::{ConnectionId, RoomId, UserId};
use chat_proto::message::Item;
use chat_proto::server_frame::Typing;

/// Sees what rooms show.
pub trait RoomObserver: Send + Sync {
    /// A room starts with these items in memory.
    fn room_started(&self, room: RoomId, items: &[Item]);
    /// A room shows an item in its new state.
    fn item_shown(&self, room: RoomId, item: &Item);
    /// A member is typing over a connection, or has stopped. Returns the event for the other listeners,
    /// `None` if they have it already.
    fn typing_changed(&self, room: RoomId, typist: (UserId, ConnectionId), is_typing: bool) -> Option<Typing>;
    /// An account has lost access: nothing of the room may reach its devices any more, queued frames included. Returns
    /// the typing that has thereby stopped, for those who still listen.
    fn access_lost(&self, room: RoomId, user: UserId) -> Vec<Typing>;
    /// A room leaves; it may begin again.
    fn room_stopped(&self, room: RoomId);
}
