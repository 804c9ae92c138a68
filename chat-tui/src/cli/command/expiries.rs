//! The ends of the ephemeral messages that were printed, in their order. Pure; must not know the clock or how a line is
//! printed.

#![deny(clippy::disallowed_methods)]

use std::collections::BTreeMap;

use chat_proto::ids::{RoomId, Seq};
use chat_proto::message::{Content, Item};
use chat_proto::time::UnixMillis;

/// The most messages; of more, those that expire last get no line.
const MESSAGES_MAX: usize = 4_096;

/// Printed messages that will expire; without their texts.
#[derive(Debug, Default)]
pub(super) struct Expiries(BTreeMap<(UnixMillis, RoomId, Seq), Item>);

impl Expiries {
    /// Notes an item that is printed: a message that expires, or the end of one.
    pub(super) fn record(&mut self, room: RoomId, item: &Item) {
        match &item.content {
            Content::Message(message) => {
                let Some(expired_at) = message.expires_at else { return };
                if item.changed != item.seq {
                    self.forget(room, item.seq);
                }
                let expired = Item { content: Content::Expired { expired_at }, ..*item };
                self.0.insert((expired_at, room, item.seq), expired);
                if self.0.len() > MESSAGES_MAX {
                    self.0.pop_last();
                }
            }
            Content::Deleted { .. } | Content::Expired { .. } => self.forget(room, item.seq),
            Content::Damaged
            | Content::Join
            | Content::Leave
            | Content::Topic { .. }
            | Content::Description { .. }
            | Content::Renamed { .. }
            | Content::Rsvp { .. } => {}
        }
    }

    /// Returns whether the message's end is still to come.
    pub(super) fn contains(&self, room: RoomId, seq: Seq) -> bool {
        self.0.keys().any(|(_, in_room, of)| (*in_room, *of) == (room, seq))
    }

    /// Returns when the next message expires.
    pub(super) fn next_end(&self) -> Option<UnixMillis> {
        self.0.keys().next().map(|(end, ..)| *end)
    }

    /// Forgets a room, whose numbers stand for other messages now.
    pub(super) fn forget_room(&mut self, room: RoomId) {
        self.0.retain(|(_, in_room, _), _| *in_room != room);
    }

    /// Takes the message that expires next.
    pub(super) fn pop(&mut self) -> Option<(RoomId, Item)> {
        self.0.pop_first().map(|((_, room, _), item)| (room, item))
    }

    fn forget(&mut self, room: RoomId, seq: Seq) {
        self.0.retain(|(_, in_room, of), _| (*in_room, *of) != (room, seq));
    }
}

#[cfg(test)]
mod tests {
    use chat_proto::ids::UserId;
    use chat_proto::message::Message;

    use super::*;

    const ROOM: RoomId = RoomId(1);

    fn ephemeral(seq: u64, end: i64) -> Item {
        let message = Message { expires_at: Some(UnixMillis(end)), ..Message::plain("x".parse().expect("a body")) };
        Item { seq: Seq(seq), changed: Seq(seq), at: UnixMillis(0), by: UserId(1), content: Content::Message(message) }
    }

    #[test]
    fn each_end_comes_once_in_order_and_none_of_a_deleted_message() {
        let mut expiries = Expiries::default();
        for (seq, end) in [(1, 30), (2, 10), (3, 20)] {
            expiries.record(ROOM, &ephemeral(seq, end));
        }
        let edited = Item { changed: Seq(4), ..ephemeral(1, 30) };
        expiries.record(ROOM, &edited);
        let deleted = Content::Deleted { deleted_at: UnixMillis(5), deleted_by: UserId(1) };
        expiries.record(ROOM, &Item { changed: Seq(5), content: deleted, ..ephemeral(3, 20) });
        assert!(expiries.contains(ROOM, Seq(2)) && !expiries.contains(ROOM, Seq(3)));
        assert_eq!(expiries.next_end(), Some(UnixMillis(10)));
        let ended: Vec<_> = std::iter::from_fn(|| expiries.pop()).map(|(_, item)| (item.seq, item.content)).collect();
        let expired = |at| Content::Expired { expired_at: UnixMillis(at) };
        assert_eq!(ended, [(Seq(2), expired(10)), (Seq(1), expired(30))]);
    }

    #[test]
    fn memory_is_bounded() {
        let mut expiries = Expiries::default();
        for seq in 0..MESSAGES_MAX as u64 + 5 {
            expiries.record(ROOM, &ephemeral(seq, seq as i64));
        }
        assert_eq!((expiries.0.len(), expiries.next_end()), (MESSAGES_MAX, Some(UnixMillis(0))));
    }
}
