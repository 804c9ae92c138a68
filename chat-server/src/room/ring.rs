//! The last events of a room, which let clients catch up without a query. Pure; must not know who asks.

#![deny(clippy::disallowed_methods)]

use std::collections::{HashMap, VecDeque};

use chat_proto::ids::Seq;
use chat_proto::message::{Content, Item};

/// Number of events kept, if the settings do not differ.
pub const RING_EVENTS: usize = 256;

/// The last events by rising number, each with its item.
#[derive(Debug)]
pub(super) struct Ring {
    /// Each with its own number; `item.changed` may be newer.
    events: VecDeque<(Seq, Item)>,
    /// Number of events kept.
    most: usize,
    /// All changes after this number are here.
    reaches_back_to: Seq,
}

impl Ring {
    /// A ring of the newest items, by rising `changed`. `is_whole`: the room has no other items.
    pub(super) fn refill(most: usize, recent: Vec<Item>, head: Seq, is_whole: bool) -> Self {
        let events: VecDeque<_> = recent.into_iter().map(|item| (item.changed, item)).collect();
        // Changes between the first item and the one before it are unknown.
        let reaches_back_to = match events.front() {
            _ if is_whole => Seq::ZERO,
            Some((first, _)) => *first,
            None => head,
        };
        Self { events, most, reaches_back_to }
    }

    /// Changes up to `number` may be missing.
    pub(super) fn mark_incomplete_to(&mut self, number: Seq) {
        self.reaches_back_to = self.reaches_back_to.max(number);
    }

    /// Adds an event that was shown.
    pub(super) fn push(&mut self, item: Item) {
        self.replace(&item);
        self.events.push_back((item.changed, item));
        while self.events.len() > self.most {
            if let Some((dropped, _)) = self.events.pop_front() {
                self.mark_incomplete_to(dropped);
            }
        }
    }

    /// Replaces an item wherever it occurs, so that no old text remains.
    fn replace(&mut self, new: &Item) {
        if new.changed == new.seq {
            return;
        }
        for (_, item) in self.events.iter_mut().filter(|(_, item)| item.seq == new.seq) {
            item.clone_from(new);
        }
    }

    /// A message has expired.
    pub(super) fn expire(&mut self, seq: Seq, at: chat_proto::time::UnixMillis) {
        for (_, item) in self.events.iter_mut().filter(|(_, item)| item.seq == seq) {
            if matches!(item.content, Content::Message(_)) {
                item.content = Content::Expired { expired_at: at };
            }
        }
    }

    /// Returns the item `seq` in its present state; `None` if the ring does not hold it.
    pub(super) fn item(&self, seq: Seq) -> Option<&Item> {
        self.events.iter().rev().map(|(_, item)| item).find(|item| item.seq == seq)
    }

    /// Returns all items, each once.
    pub(super) fn items(&self) -> Vec<Item> {
        let newest: HashMap<Seq, &Item> = self.events.iter().map(|(_, item)| (item.seq, item)).collect();
        newest.into_values().cloned().collect()
    }

    /// Returns all items that changed after a number, each once, by rising `changed`; `None` if the ring does not reach back
    /// that far.
    pub(super) fn after(&self, after: Seq) -> Option<Vec<Item>> {
        if after < self.reaches_back_to {
            return None;
        }
        let start = self.events.partition_point(|(number, _)| *number <= after);
        let mut newest: HashMap<Seq, &Item> = HashMap::new();
        for (_, item) in self.events.iter().skip(start) {
            newest.insert(item.seq, item);
        }
        let mut items: Vec<Item> = newest.into_values().cloned().collect();
        items.sort_unstable_by_key(|item| item.changed);
        Some(items)
    }
}

#[cfg(test)]
mod tests {
    use chat_proto::ids::UserId;
    use chat_proto::message::Message;
    use chat_proto::time::UnixMillis;
    use proptest::prelude::*;

    use super::*;

    fn item(seq: u64, changed: u64) -> Item {
        let content = Content::Message(Message::plain(format!("{seq} as of {changed}").parse().expect("a body")));
        Item { seq: Seq(seq), changed: Seq(changed), at: UnixMillis(0), by: UserId(1), content }
    }

    #[test]
    fn an_edit_replaces_the_text_wherever_it_stands() {
        let mut ring = Ring::refill(RING_EVENTS, Vec::new(), Seq::ZERO, true);
        ring.push(item(1, 1));
        ring.push(item(1, 2));
        assert!(ring.events.iter().all(|(_, kept)| *kept == item(1, 2)));
        assert_eq!(ring.after(Seq::ZERO).map(|items| items.len()), Some(1));
    }

    proptest! {
        #[test]
        fn what_the_ring_returns_is_what_happened(edits in proptest::collection::vec(any::<prop::sample::Index>(), 1..700), after in 0u64..700) {
            let mut ring = Ring::refill(RING_EVENTS, Vec::new(), Seq::ZERO, true);
            let mut truth: Vec<Item> = Vec::new();
            for (number, edit) in (1u64..).zip(&edits) {
                // Every second event changes an earlier thing.
                if number % 2 == 0 {
                    let index = edit.index(truth.len());
                    truth[index].changed = Seq(number);
                    truth[index] = item(truth[index].seq.0, number);
                    ring.push(truth[index].clone());
                } else {
                    truth.push(item(number, number));
                    ring.push(item(number, number));
                }
            }
            if let Some(changes) = ring.after(Seq(after)) {
                let mut expected: Vec<_> = truth.iter().filter(|item| item.changed > Seq(after)).cloned().collect();
                expected.sort_unstable_by_key(|item| item.changed);
                prop_assert_eq!(changes, expected);
            } else {
                prop_assert!(edits.len() as u64 > after + RING_EVENTS as u64 - 1, "the ring gave up too soon");
            }
        }
    }
}
