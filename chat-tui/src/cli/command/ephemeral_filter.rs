//! Remembers the ephemeral messages that were printed: a server that reloads them after an outage sends them again.
//! Must not know how they are printed.

use std::collections::HashMap;

use chat_proto::ids::{RoomId, Seq};
use chat_proto::message::{Content, Item};
use chat_proto::time::UnixMillis;

/// The most entries; above it, expired ones are dropped.
const ENTRIES_MAX: usize = 4_096;

/// Printed ephemeral messages with the time they expire.
#[derive(Debug, Default)]
pub(super) struct EphemeralFilter(HashMap<(RoomId, Seq), UnixMillis>);

impl EphemeralFilter {
    /// Remembers a message that is printed.
    pub(super) fn record(&mut self, room: RoomId, item: &Item) {
        let Content::Message(message) = &item.content else { return };
        let Some(end) = message.expires_at else { return };
        if self.0.len() >= ENTRIES_MAX {
            // Expired by the time of the newest message, at the latest.
            self.0.retain(|_, end| *end > item.at);
        }
        self.0.insert((room, item.seq), end);
    }

    /// Forgets a room, whose numbers stand for other messages now.
    pub(super) fn forget(&mut self, room: RoomId) {
        self.0.retain(|(known, _), _| *known != room);
    }

    /// Returns whether a message was printed.
    pub(super) fn has_shown(&self, room: RoomId, seq: Seq) -> bool {
        self.0.contains_key(&(room, seq))
    }
}

/// Returns whether a message has a new change number although nobody edited it.
pub(super) fn is_renumbered(item: &Item) -> bool {
    matches!(&item.content, Content::Message(message) if message.edited_at.is_none()) && item.changed != item.seq
}

#[cfg(test)]
mod tests {
    use chat_proto::ids::UserId;
    use chat_proto::message::Message;

    use super::*;

    fn ephemeral(seq: u64, at: i64) -> Item {
        let message = Message { expires_at: Some(UnixMillis(at + 10)), ..Message::plain("x".parse().expect("a body")) };
        Item { seq: Seq(seq), changed: Seq(seq), at: UnixMillis(at), by: UserId(1), content: Content::Message(message) }
    }

    #[test]
    fn expired_entries_are_dropped_first() {
        let mut filter = EphemeralFilter::default();
        for seq in 1..=ENTRIES_MAX as u64 {
            filter.record(RoomId(1), &ephemeral(seq, 0));
        }
        filter.record(RoomId(1), &ephemeral(9_000, 20));
        assert!(filter.has_shown(RoomId(1), Seq(9_000)) && !filter.has_shown(RoomId(1), Seq(7)));
        assert!(!filter.has_shown(RoomId(2), Seq(9_000)));
    }

    #[test]
    fn a_changed_seq_without_an_edit_is_a_renumbering() {
        let late = Item { changed: Seq(9), ..ephemeral(1, 0) };
        assert!(is_renumbered(&late) && !is_renumbered(&ephemeral(1, 0)));
        let Content::Message(message) = late.content.clone() else { panic!("a message") };
        let content = Content::Message(Message { edited_at: Some(UnixMillis(3)), ..message });
        assert!(!is_renumbered(&Item { content, ..late }));
    }
}
