//! Tests of the ring: that it returns what happened, within its bounds.

use chat_proto::ids::UserId;
use chat_proto::message::{JoinRun, Message};
use chat_proto::time::UnixMillis;
use proptest::prelude::*;

use super::*;
use crate::room::RING_EVENTS;
use crate::room::page;

fn whole_end() -> StoredHistory {
    StoredHistory { is_whole: true, ..StoredHistory::default() }
}

fn empty(bounds: &Arc<RingBounds>) -> Ring {
    Ring::refill(Arc::clone(bounds), (Vec::new(), true), whole_end(), Seq::ZERO)
}

fn push(ring: &mut Ring, item: Item) {
    ring.push(item, false);
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

fn join(seq: u64) -> Item {
    Item { content: Content::Join, ..item(seq, seq) }
}

/// The places of a room's last items, latest first.
fn end(ring: &Ring, messages: u32) -> Option<Vec<u64>> {
    Some(ring.end(messages, std::iter::empty())?.items.iter().map(|item| item.seq.0).collect())
}

#[test]
fn an_edit_replaces_the_text_wherever_it_stands() {
    let mut ring = empty(&Arc::new(RingBounds::new(RING_EVENTS)));
    push(&mut ring, item(1, 1));
    push(&mut ring, item(1, 2));
    assert_eq!((ring.events.len(), ring.items()), (2, vec![item(1, 2)]));
    assert_eq!(ring.after(Seq::ZERO), Some(vec![item(1, 2)]));
}

#[test]
fn long_texts_fall_out_and_a_cursor_before_them_is_not_complete() {
    let bounds = Arc::new(RingBounds::new(RING_EVENTS));
    let mut ring = empty(&bounds);
    (1..=100).for_each(|seq| push(&mut ring, long(seq, seq)));
    assert!((240_000..=256 * 1024).contains(&bounds.held_bytes()), "{}", bounds.held_bytes());
    assert_eq!((ring.after(Seq(50)), ring.after(Seq(99))), (None, Some(vec![long(100, 100)])));
    assert_eq!((end(&ring, 17), end(&ring, 2)), (None, Some(vec![100, 99])));
    // An edited text is held once, however often it was edited.
    (101..=150).for_each(|changed| push(&mut ring, long(100, changed)));
    assert!(bounds.held_bytes() <= 256 * 1024);
    let before = bounds.held_bytes();
    ring.expire(Seq(100), UnixMillis(1));
    assert_eq!(before - bounds.held_bytes(), 16_000);
    let recent: Vec<_> = (1..=100).map(|seq| long(seq, seq)).collect();
    let at_end = StoredHistory { items: recent[50..].iter().rev().cloned().collect(), ..StoredHistory::default() };
    drop(ring);
    let filled = Ring::refill(Arc::clone(&bounds), (recent, true), at_end, Seq(100));
    assert!((240_000..=256 * 1024).contains(&bounds.held_bytes()));
    assert_eq!((filled.after(Seq::ZERO), filled.after(Seq(99))), (None, Some(vec![long(100, 100)])));
    assert_eq!((end(&filled, 17), end(&filled, 2)), (None, Some(vec![100, 99])));
    drop(filled);
    assert_eq!(bounds.held_bytes(), 0);
}

#[test]
fn all_rings_together_are_bounded_and_the_one_that_grows_makes_room() {
    let bounds = Arc::new(RingBounds::of_bytes(RING_EVENTS, 256 * 1024, 100_000));
    let (mut first, mut second) = (empty(&bounds), empty(&bounds));
    (1..=5).for_each(|seq| push(&mut first, long(seq, seq)));
    (1..=5).for_each(|seq| push(&mut second, long(seq, seq)));
    assert!(bounds.held_bytes() <= 100_000);
    assert_eq!(first.after(Seq::ZERO).map(|items| items.len()), Some(5));
    assert_eq!((second.after(Seq(3)), second.after(Seq(4)).map(|items| items.len())), (None, Some(1)));
    drop(first);
    (6..=8).for_each(|seq| push(&mut second, long(seq, seq)));
    assert_eq!(second.after(Seq(4)).map(|items| items.len()), Some(4));
}

#[test]
fn the_last_messages_stay_however_many_events_come_after_them() {
    let mut ring = empty(&Arc::new(RingBounds::new(RING_EVENTS)));
    (1..=80).for_each(|seq| push(&mut ring, item(seq, seq)));
    let newest: Vec<u64> = (31..=80).rev().collect();
    assert_eq!((end(&ring, 51), end(&ring, 50)), (None, Some(newest.clone())));
    (81..=1_000).for_each(|seq| push(&mut ring, join(seq)));
    let held = ring.end(50, std::iter::empty()).expect("held");
    assert_eq!(end(&ring, 50), Some(newest));
    let run = &held.joins[0];
    assert_eq!((held.joins.len(), run.from_seq.0, run.to_seq.0, run.joined), (1, 81, 1_000, 920));
    assert!(ring.items.len() <= RING_EVENTS + 50 && ring.after(Seq(81)).is_none());
    // The present state of a message, also if its first event is long gone.
    push(&mut ring, item(40, 1_001));
    assert_eq!(ring.item(Seq(40)), Some(&item(40, 1_001)));
    ring.forget_pruned(Seq(75));
    assert_eq!((end(&ring, 6), end(&ring, 5)), (None, Some(vec![80, 79, 78, 77, 76])));
    assert_eq!(ring.item(Seq(40)), None);
}

#[test]
fn a_damaged_join_is_condensed_as_the_database_does_it() {
    let damaged = |seq| Item { content: Content::Damaged, ..item(seq, seq) };
    let recent = vec![item(1, 1), join(2), damaged(3), join(4), damaged(5), item(6, 6)];
    let run = |from, to| JoinRun {
        from_seq: Seq(from),
        to_seq: Seq(to),
        at: UnixMillis(0),
        joined: 3,
        left: 0,
        users: vec![UserId(1)],
    };
    // The one at 5 was a message.
    let stored =
        StoredHistory { items: vec![item(6, 6), damaged(5), item(1, 1)], joins: vec![run(2, 4)], is_whole: true };
    let mut ring = Ring::refill(Arc::new(RingBounds::new(RING_EVENTS)), (recent, true), stored.clone(), Seq(6));
    assert_eq!(ring.end(50, std::iter::empty()), Some(stored));
    // They leave the end one after the other.
    (7..=80).for_each(|seq| push(&mut ring, item(seq, seq)));
    assert_eq!(end(&ring, 50), Some((31..=80).rev().collect()));
}

#[test]
fn an_ephemeral_message_parts_joins_and_is_not_at_the_end() {
    let mut ring = empty(&Arc::new(RingBounds::new(RING_EVENTS)));
    push(&mut ring, join(1));
    ring.push(item(2, 2), true);
    push(&mut ring, join(3));
    let held = ring.end(50, [Seq(2)].into_iter()).expect("the run is parted");
    assert_eq!((held.items.len(), held.joins.len(), held.is_whole), (0, 2, true));
    push(&mut ring, join(5));
    assert_eq!(ring.end(50, [Seq(4)].into_iter()), None, "one that turns up late");
    let cut = page::history(held, Vec::new(), Seq(5), 50);
    let run =
        JoinRun { from_seq: Seq(1), to_seq: Seq(3), at: UnixMillis(0), joined: 2, left: 0, users: vec![UserId(1)] };
    assert_eq!((cut.joins, cut.next_before), (vec![run], None), "once it is gone, nothing parts them");
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
                push(&mut ring, truth[index].clone());
            } else {
                truth.push(item(number, number));
                push(&mut ring, item(number, number));
            }
        }
        let last: Vec<Item> = truth.iter().rev().take(50).cloned().collect();
        prop_assert_eq!(ring.end(last.len() as u32, std::iter::empty()).map(|end| end.items), Some(last));
        if let Some(changes) = ring.after(Seq(after)) {
            let mut expected: Vec<_> = truth.iter().filter(|item| item.changed > Seq(after)).cloned().collect();
            expected.sort_unstable_by_key(|item| item.changed);
            prop_assert_eq!(changes, expected);
        } else {
            prop_assert!(edits.len() as u64 > after + RING_EVENTS as u64 - 1, "the ring gave up too soon");
        }
    }
}
