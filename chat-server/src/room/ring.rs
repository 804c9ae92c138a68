//! The last events of a room, which let clients catch up without a query. Pure; must not know who asks.

#![deny(clippy::disallowed_methods)]

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use chat_proto::ids::Seq;
use chat_proto::message::{Content, Item};

use super::ring_bounds::RingBounds;

/// The last events by rising number, each with its item.
#[derive(Debug)]
pub(super) struct Ring {
    /// Each with its own number; `item.changed` may be newer.
    events: VecDeque<(Seq, Item)>,
    bounds: Arc<RingBounds>,
    /// Bytes of the texts in `events`. Invariant: they are taken from `bounds`.
    text_bytes: usize,
    /// All changes after this number are here.
    reaches_back_to: Seq,
    /// The database has removed the persistent messages up to this number.
    pruned_to: Seq,
}

impl Ring {
    /// A ring of the newest items, by rising `changed`. `is_whole`: the room has no other items.
    pub(super) fn refill(bounds: Arc<RingBounds>, recent: Vec<Item>, head: Seq, is_whole: bool) -> Self {
        let events: VecDeque<_> = recent.into_iter().map(|item| (item.changed, item)).collect();
        // Changes between the first item and the one before it are unknown.
        let reaches_back_to = match events.front() {
            _ if is_whole => Seq::ZERO,
            Some((first, _)) => *first,
            None => head,
        };
        let text_bytes = events.iter().map(|(_, item)| text_bytes(item)).sum();
        bounds.take(text_bytes);
        let mut ring = Self { events, bounds, text_bytes, reaches_back_to, pruned_to: Seq::ZERO };
        ring.shrink();
        ring
    }

    /// Changes up to `number` may be missing.
    pub(super) fn mark_incomplete_to(&mut self, number: Seq) {
        self.reaches_back_to = self.reaches_back_to.max(number);
    }

    /// Adds an event that was shown.
    pub(super) fn push(&mut self, item: Item) {
        if self.is_pruned(&item) {
            return;
        }
        self.replace(&item);
        self.hold(0, text_bytes(&item));
        self.events.push_back((item.changed, item));
        self.shrink();
    }

    /// Drops the oldest events until the ring is within its bounds. The ring that grows makes room, not another one.
    fn shrink(&mut self) {
        while self.bounds.are_exceeded(self.events.len(), self.text_bytes) {
            let Some((dropped, item)) = self.events.pop_front() else { return };
            self.hold(text_bytes(&item), 0);
            self.mark_incomplete_to(dropped);
        }
    }

    /// Counts texts of this many bytes instead of others.
    fn hold(&mut self, before: usize, now: usize) {
        self.bounds.release(before);
        self.bounds.take(now);
        self.text_bytes = self.text_bytes + now - before;
    }

    /// Replaces an item wherever it occurs, so that no old text remains.
    fn replace(&mut self, new: &Item) {
        if new.changed == new.seq {
            return;
        }
        let (mut before, mut now) = (0, 0);
        for (_, item) in self.events.iter_mut().filter(|(_, item)| item.seq == new.seq) {
            before += text_bytes(item);
            item.clone_from(new);
            now += text_bytes(item);
        }
        self.hold(before, now);
    }

    /// A message has expired.
    pub(super) fn expire(&mut self, seq: Seq, at: chat_proto::time::UnixMillis) {
        let mut freed = 0;
        for (_, item) in self.events.iter_mut().filter(|(_, item)| item.seq == seq) {
            if matches!(item.content, Content::Message(_)) {
                freed += text_bytes(item);
                item.content = Content::Expired { expired_at: at };
            }
        }
        self.hold(freed, 0);
    }

    /// The database has removed the persistent messages up to this number.
    pub(super) fn forget_pruned(&mut self, to: Seq) {
        self.pruned_to = self.pruned_to.max(to);
        let (kept, pruned) = std::mem::take(&mut self.events).into_iter().partition(|(_, item)| !self.is_pruned(item));
        self.events = kept;
        self.hold(Vec::from(pruned).iter().map(|(_, item)| text_bytes(item)).sum(), 0);
    }

    /// Whether an item is a message that the database has removed.
    fn is_pruned(&self, item: &Item) -> bool {
        item.seq <= self.pruned_to && item.content.message().is_some_and(|message| message.expires_at.is_none())
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

impl Drop for Ring {
    fn drop(&mut self) {
        self.bounds.release(self.text_bytes);
    }
}

/// The bytes of an item's texts and lists, which it holds apart from itself.
fn text_bytes(item: &Item) -> usize {
    match &item.content {
        Content::Message(message) => {
            let key = message.key.as_ref().map_or(0, |key| key.as_str().len());
            let code = message.code.as_ref().map_or(0, |code| code.as_str().len());
            message.body.as_str().len() + key + code + size_of_val(message.mentions.as_slice())
        }
        Content::Topic { topic } => topic.as_ref().map_or(0, |topic| topic.as_str().len()),
        Content::Description { description } => description.as_ref().map_or(0, |text| text.as_str().len()),
        Content::Renamed { name } => name.as_str().len(),
        Content::Deleted { .. }
        | Content::Expired { .. }
        | Content::Damaged
        | Content::Join
        | Content::Leave
        | Content::Rsvp { .. } => 0,
    }
}

#[cfg(test)]
mod tests {
    use chat_proto::ids::UserId;
    use chat_proto::message::Message;
    use chat_proto::time::UnixMillis;
    use proptest::prelude::*;

    use super::*;
    use crate::room::RING_EVENTS;

    fn empty(bounds: &Arc<RingBounds>) -> Ring {
        Ring::refill(Arc::clone(bounds), Vec::new(), Seq::ZERO, true)
    }

    /// A message of 16 KiB.
    fn long(seq: u64, changed: u64) -> Item {
        let body = "x".repeat(8_000).replace('x', "é").parse().expect("a body");
        Item { content: Content::Message(Message::plain(body)), ..item(seq, changed) }
    }

    fn item(seq: u64, changed: u64) -> Item {
        let content = Content::Message(Message::plain(format!("{seq} as of {changed}").parse().expect("a body")));
        Item { seq: Seq(seq), changed: Seq(changed), at: UnixMillis(0), by: UserId(1), content }
    }

    #[test]
    fn an_edit_replaces_the_text_wherever_it_stands() {
        let mut ring = empty(&Arc::new(RingBounds::new(RING_EVENTS)));
        ring.push(item(1, 1));
        ring.push(item(1, 2));
        assert!(ring.events.iter().all(|(_, kept)| *kept == item(1, 2)));
        assert_eq!(ring.after(Seq::ZERO).map(|items| items.len()), Some(1));
    }

    #[test]
    fn long_texts_fall_out_and_a_cursor_before_them_is_not_complete() {
        let bounds = Arc::new(RingBounds::new(RING_EVENTS));
        let mut ring = empty(&bounds);
        (1..=100).for_each(|seq| ring.push(long(seq, seq)));
        assert!((240_000..=256 * 1024).contains(&bounds.held_bytes()), "{}", bounds.held_bytes());
        assert_eq!((ring.after(Seq(50)), ring.after(Seq(99))), (None, Some(vec![long(100, 100)])));
        // An edit of what is held counts wherever it stands.
        (101..=150).for_each(|changed| ring.push(long(100, changed)));
        assert!(bounds.held_bytes() <= 256 * 1024);
        ring.expire(Seq(100), UnixMillis(1));
        assert_eq!(bounds.held_bytes(), 0, "all of them were of one message");
        let recent: Vec<_> = (1..=100).map(|seq| long(seq, seq)).collect();
        let filled = Ring::refill(Arc::clone(&bounds), recent, Seq(100), true);
        assert!((240_000..=256 * 1024).contains(&bounds.held_bytes()));
        assert_eq!((filled.after(Seq::ZERO), filled.after(Seq(99))), (None, Some(vec![long(100, 100)])));
        drop((ring, filled));
        assert_eq!(bounds.held_bytes(), 0);
    }

    #[test]
    fn all_rings_together_are_bounded_and_the_one_that_grows_makes_room() {
        let bounds = Arc::new(RingBounds::of_bytes(RING_EVENTS, 256 * 1024, 100_000));
        let (mut first, mut second) = (empty(&bounds), empty(&bounds));
        (1..=5).for_each(|seq| first.push(long(seq, seq)));
        (1..=5).for_each(|seq| second.push(long(seq, seq)));
        assert!(bounds.held_bytes() <= 100_000);
        assert_eq!(first.after(Seq::ZERO).map(|items| items.len()), Some(5));
        assert_eq!((second.after(Seq(3)), second.after(Seq(4)).map(|items| items.len())), (None, Some(1)));
        drop(first);
        (6..=8).for_each(|seq| second.push(long(seq, seq)));
        assert_eq!(second.after(Seq(4)).map(|items| items.len()), Some(4));
    }

    proptest! {
        #[test]
        fn what_the_ring_returns_is_what_happened(edits in proptest::collection::vec(any::<prop::sample::Index>(), 1..700), after in 0u64..700) {
            let mut ring = empty(&Arc::new(RingBounds::new(RING_EVENTS)));
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
