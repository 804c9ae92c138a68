//! The typing of the whole process behind one short lock. Gives back the frames the caller publishes in their rooms.

use std::sync::Arc;

use chat_proto::ids::{ConnectionId, RoomId, UserId};
use chat_proto::server_frame::Typing;
use chat_proto::time::UnixMillis;
use parking_lot::Mutex;

use super::TypingRules;

/// Who types where; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct TypingService(Arc<Mutex<TypingRules>>);

impl TypingService {
    /// `set_typing` was said by a member of the room. The frame to publish there, if there is news.
    pub fn set_typing(
        &self,
        room: RoomId,
        (user, connection): (UserId, ConnectionId),
        is_typing: bool,
        now: UnixMillis,
    ) -> Option<Typing> {
        let mut rules = self.0.lock();
        if is_typing { rules.typing(room, user, connection, now) } else { rules.stopped(room, connection, now) }
    }

    /// A message was accepted; nothing to publish, since receivers drop the typing with the message.
    pub fn posted(&self, room: RoomId, connection: ConnectionId) {
        self.0.lock().posted(room, connection);
    }

    /// The connection's user left the room. The frame to publish there, if there is news.
    pub fn left(&self, room: RoomId, connection: ConnectionId, now: UnixMillis) -> Option<Typing> {
        self.0.lock().stopped(room, connection, now)
    }

    /// The connection ended. The frames to publish, each in its room.
    pub fn disconnected(&self, connection: ConnectionId, now: UnixMillis) -> Vec<Typing> {
        self.0.lock().disconnected(connection, now)
    }
}
