//! Remembers the ephemeral messages that were printed: a server that reloads them after an outage sends them again, and their
//! ends are printed, too, if they are wanted. Must not know how they are printed.

use std::collections::HashMap;

use chat_proto::ids::{RoomId, Seq};
use chat_proto::message::{Content, Item};
use chat_proto::time::UnixMillis;

use super::expiries::Expiries;

/// The most entries.
const ENTRIES_MAX: usize = 4_096;

/// Printed ephemeral messages with the time they expire.
#[derive(Debug, Default)]
pub(super) struct EphemeralFilter {
    shown: HashMap<(RoomId, Seq), UnixMillis>,
    /// The ends to come, if they are wanted.
    expiries: Option<Expiries>,
}

impl EphemeralFilter {
    /// A filter that also remembers when messages end, if that `is_wanted`.
    pub(super) fn with_ends(is_wanted: bool) -> Self {
        Self { shown: HashMap::new(), expiries: is_wanted.then(Expiries::default) }
    }

    /// Remembers an item that is printed.
    pub(super) fn record(&mut self, room: RoomId, item: &Item) {
        if let Some(expiries) = &mut self.expiries {
            expiries.record(room, item);
        }
        let Content::Message(message) = &item.content else { return };
        let Some(end) = message.expires_at else { return };
        if self.shown.len() >= ENTRIES_MAX {
            self.make_room(item.at);
        }
        self.shown.insert((room, item.seq), end);
    }

    /// Drops the messages that have expired by `now`, and of too many others the half that expires first.
    fn make_room(&mut self, now: UnixMillis) {
        self.shown.retain(|_, end| *end > now);
        if self.shown.len() > ENTRIES_MAX / 2 {
            let mut ends: Vec<_> = self.shown.values().copied().collect();
            let (_, middle, _) = ends.select_nth_unstable(ENTRIES_MAX / 2 - 1);
            let middle = *middle;
            self.shown.retain(|_, end| *end > middle);
        }
    }

    /// Forgets a room, whose numbers stand for other messages now.
    pub(super) fn forget(&mut self, room: RoomId) {
        self.shown.retain(|(known, _), _| *known != room);
        if let Some(expiries) = &mut self.expiries {
            expiries.forget_room(room);
        }
    }

    /// Returns whether a message was printed.
    fn has_shown(&self, room: RoomId, seq: Seq) -> bool {
        self.shown.contains_key(&(room, seq))
    }

    /// Returns whether an item was printed in this state: as a message that comes again, or as the end of one.
    pub(super) fn is_printed(&self, room: RoomId, item: &Item) -> bool {
        let is_end = matches!(item.content, Content::Expired { .. })
            && self.expiries.as_ref().is_some_and(|expiries| !expiries.contains(room, item.seq));
        (is_renumbered(item) || is_end) && self.has_shown(room, item.seq)
    }

    /// Returns when the next of the printed messages ends, if ends are wanted.
    pub(super) fn next_end(&self) -> Option<UnixMillis> {
        self.expiries.as_ref().and_then(Expiries::next_end)
    }

    /// Takes the message that ends next.
    pub(super) fn pop_ended(&mut self) -> Option<(RoomId, Item)> {
        self.expiries.as_mut().and_then(Expiries::pop)
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
    fn messages_that_live_long_do_not_fill_the_memory() {
        let mut filter = EphemeralFilter::default();
        let count = 3 * ENTRIES_MAX as u64;
        (1..=count).for_each(|seq| filter.record(RoomId(1), &ephemeral(seq, 1_000_000 + seq.cast_signed())));
        assert!(filter.shown.len() <= ENTRIES_MAX, "{}", filter.shown.len());
        assert!(filter.has_shown(RoomId(1), Seq(count)) && !filter.has_shown(RoomId(1), Seq(1)));
    }

    #[test]
    fn an_end_that_was_printed_is_not_printed_again() {
        let mut filter = EphemeralFilter::with_ends(true);
        filter.record(RoomId(1), &ephemeral(1, 0));
        filter.record(RoomId(1), &ephemeral(2, 5));
        assert_eq!(filter.next_end(), Some(UnixMillis(10)));
        let (room, ended) = filter.pop_ended().expect("the first ends");
        let from_server = Item { changed: Seq(9), ..ended };
        assert!(filter.is_printed(room, &from_server));
        assert!(!filter.is_printed(room, &Item { seq: Seq(2), ..from_server.clone() }), "its end is still to come");
        assert!(!filter.is_printed(room, &Item { seq: Seq(3), ..from_server.clone() }), "it was never printed");
        let mut without = EphemeralFilter::with_ends(false);
        without.record(room, &ephemeral(1, 0));
        assert!(!without.is_printed(room, &from_server) && without.next_end().is_none());
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
