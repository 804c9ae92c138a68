//! The loaded part of a room: everything between a floor and the newest change, each item once, in order.
//! Must not know how it is loaded or drawn.

#![deny(clippy::disallowed_methods)]

use std::collections::{BTreeSet, VecDeque};

use chat_proto::ids::{Seq, UserId};
use chat_proto::message::{ChangeDetail, Item, ItemChange, JoinRun};
use chat_proto::time::UnixMillis;

use crate::app::state::timeline_entry::{EntryKind, RoomEvent, TimelineEntry};

/// The loaded items of a room, by rising `seq`.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    entries: VecDeque<TimelineEntry>,
    /// Nothing below this number is loaded; everything above it is.
    floor: Seq,
    /// Messages that expire, soonest first.
    expiries: BTreeSet<(UnixMillis, Seq)>,
}

impl Timeline {
    /// An empty timeline: items from `floor` on will be loaded.
    pub fn above(floor: Seq) -> Self {
        Self { floor, ..Self::default() }
    }

    /// The loaded items, oldest first.
    pub fn entries(&self) -> &VecDeque<TimelineEntry> {
        &self.entries
    }

    /// Nothing below this number is loaded.
    pub fn floor(&self) -> Seq {
        self.floor
    }

    /// The index of an entry.
    ///
    /// # Errors
    /// The index at which it would be inserted.
    pub fn position(&self, seq: Seq) -> Result<usize, usize> {
        // Nearly every call is about the newest.
        match self.entries.back() {
            Some(last) if last.seq < seq => Err(self.entries.len()),
            Some(last) if last.seq == seq => Ok(self.entries.len() - 1),
            _ => self.entries.binary_search_by_key(&seq, |entry| entry.seq),
        }
    }

    /// The entry with this number.
    pub fn get(&self, seq: Seq) -> Option<&TimelineEntry> {
        self.position(seq).ok().and_then(|at| self.entries.get(at))
    }

    /// Takes the state of an item. An older state than the loaded one changes nothing, nor does an item below the
    /// floor. Returns whether anything changed.
    pub fn apply(&mut self, item: &Item, me: Option<UserId>) -> bool {
        if item.seq < self.floor {
            return false;
        }
        let entry = TimelineEntry::of(item, me);
        if entry.is_join_or_leave() && self.run_over(item.seq).is_some() {
            return false;
        }
        match self.position(item.seq) {
            Ok(at) if self.entries[at].changed > entry.changed => false,
            Ok(at) if self.entries[at] == entry => false,
            Ok(at) => {
                if let Some(end) = self.entries[at].expires_at() {
                    self.expiries.remove(&(end, item.seq));
                }
                self.track_expiry(&entry);
                self.entries[at] = entry;
                true
            }
            Err(at) => {
                self.track_expiry(&entry);
                self.entries.insert(at, entry);
                true
            }
        }
    }

    /// Takes an older page: everything from `floor` up to the loaded part.
    pub fn extend_down(&mut self, (items, joins): (&[Item], &[JoinRun]), floor: Seq, me: Option<UserId>) {
        self.floor = self.floor.min(floor);
        // Newest first, so that each goes to the front.
        for item in items.iter().rev() {
            self.apply(item, me);
        }
        for run in joins.iter().rev() {
            self.apply_run(run);
        }
    }

    /// Takes condensed joins and leaves in the place of single ones, or of an earlier part of them.
    fn apply_run(&mut self, run: &JoinRun) {
        if self.run_over(run.to_seq).is_some_and(|known| known.to_seq > run.to_seq || known.from_seq <= run.from_seq) {
            return;
        }
        let start = self.entries.partition_point(|entry| entry.seq < run.from_seq);
        let end = self.entries.partition_point(|entry| entry.seq <= run.to_seq);
        for at in (start..end).rev().filter(|at| self.entries[*at].is_join_or_leave()).collect::<Vec<_>>() {
            self.entries.remove(at);
        }
        let at = self.entries.partition_point(|entry| entry.seq < run.to_seq);
        self.entries.insert(at, TimelineEntry::of_run(run));
    }

    /// The condensed joins and leaves that a place belongs to.
    fn run_over(&self, seq: Seq) -> Option<&JoinRun> {
        let at = self.entries.partition_point(|entry| entry.seq < seq);
        // An ephemeral message may have turned up within the run.
        let next = self.entries.range(at..).find(|entry| entry.is_join_or_leave())?;
        match &next.kind {
            EntryKind::Event(RoomEvent::Joins(run)) if run.from_seq <= seq => Some(run),
            EntryKind::Event(_)
            | EntryKind::Message(_)
            | EntryKind::Deleted
            | EntryKind::Expired
            | EntryKind::Damaged => None,
        }
    }

    /// Applies the small change numbered `seq`; a newer state of its item stays. Returns `false` if the item is not loaded.
    pub fn change(&mut self, seq: Seq, change: &ItemChange) -> bool {
        let Ok(at) = self.position(change.of) else { return false };
        let entry = &mut self.entries[at];
        match (&change.detail, &mut entry.kind) {
            (ChangeDetail::Rsvp { answer, .. }, EntryKind::Event(RoomEvent::Rsvp(shown))) if entry.changed < seq => {
                *shown = *answer;
                entry.changed = seq;
            }
            (
                ChangeDetail::Rsvp { .. },
                EntryKind::Event(_)
                | EntryKind::Message(_)
                | EntryKind::Deleted
                | EntryKind::Expired
                | EntryKind::Damaged,
            ) => {}
        }
        true
    }

    /// Drops the texts of messages that have expired by the server's clock. Returns whether there were any.
    pub fn expire(&mut self, now: UnixMillis) -> bool {
        let mut has_ended = false;
        while let Some((end, seq)) = self.expiries.first().copied().filter(|(end, _)| *end <= now) {
            self.expiries.remove(&(end, seq));
            if let Ok(at) = self.position(seq) {
                self.entries[at].kind = EntryKind::Expired;
                has_ended = true;
            }
        }
        has_ended
    }

    /// When the next message expires, by the server's clock.
    pub fn next_expiry(&self) -> Option<UnixMillis> {
        self.expiries.first().map(|(end, _)| *end)
    }

    /// Drops the oldest items until `keep` are left. Returns whether there were any.
    pub fn trim(&mut self, keep: usize) -> bool {
        let excess = self.entries.len().saturating_sub(keep);
        for entry in self.entries.drain(..excess) {
            if let Some(end) = entry.expires_at() {
                self.expiries.remove(&(end, entry.seq));
            }
        }
        if let Some(first) = self.entries.front().filter(|_| excess > 0) {
            self.floor = first.seq;
        }
        excess > 0
    }

    /// Drops the items below `floor`.
    pub fn raise_floor(&mut self, floor: Seq) {
        if floor > self.floor {
            let below = self.entries.partition_point(|entry| entry.seq < floor);
            self.trim(self.entries.len() - below);
            self.floor = floor;
        }
    }

    /// Drops the persistent messages up to a number: the server has removed them.
    pub fn forget_pruned(&mut self, to: Seq) {
        let is_pruned = |entry: &TimelineEntry| match &entry.kind {
            EntryKind::Message(content) => content.expires_at().is_none(),
            EntryKind::Deleted | EntryKind::Damaged => true,
            EntryKind::Expired | EntryKind::Event(_) => false,
        };
        self.entries.retain(|entry| entry.seq > to || !is_pruned(entry));
    }

    fn track_expiry(&mut self, entry: &TimelineEntry) {
        if let Some(end) = entry.expires_at() {
            self.expiries.insert((end, entry.seq));
        }
    }
}

#[cfg(test)]
mod tests {
    use chat_proto::message::{Content, Message};
    use proptest::prelude::*;

    use super::*;

    fn item(seq: u64, changed: u64, text: &str) -> Item {
        let message = Message::plain(text.parse().expect("a body"));
        Item {
            seq: Seq(seq),
            changed: Seq(changed),
            at: UnixMillis(0),
            by: UserId(1),
            content: Content::Message(message),
        }
    }

    fn texts(timeline: &Timeline) -> Vec<&str> {
        timeline.entries().iter().filter_map(|entry| entry.content()).map(|content| content.text.as_str()).collect()
    }

    #[test]
    fn an_older_state_and_items_below_the_floor_change_nothing() {
        let mut timeline = Timeline::above(Seq(5));
        assert!(timeline.apply(&item(6, 8, "edited"), None));
        assert!(!timeline.apply(&item(6, 6, "first"), None));
        assert!(!timeline.apply(&item(4, 9, "old"), None));
        timeline.extend_down((&[item(3, 3, "three"), item(4, 9, "four")], &[]), Seq(3), None);
        assert_eq!(texts(&timeline), ["three", "four", "edited"]);
    }

    #[test]
    fn an_expired_message_loses_its_text() {
        let mut timeline = Timeline::default();
        let mut ephemeral = item(1, 1, "key 4417");
        if let Content::Message(message) = &mut ephemeral.content {
            message.expires_at = Some(UnixMillis(1_000));
        }
        timeline.apply(&ephemeral, None);
        assert_eq!(timeline.next_expiry(), Some(UnixMillis(1_000)));
        assert!(!timeline.expire(UnixMillis(999)));
        assert!(timeline.expire(UnixMillis(1_000)));
        assert!(!format!("{timeline:?}").contains("4417"));
    }

    #[test]
    fn condensed_joins_take_the_place_of_single_ones_in_any_order() {
        let join = |seq| Item { content: Content::Join, ..item(seq, seq, "-") };
        let run = |from: u64, to: u64| JoinRun {
            from_seq: Seq(from),
            to_seq: Seq(to),
            at: UnixMillis(0),
            joined: (to - from + 1) as u32,
            left: 0,
            users: vec![UserId(1)],
        };
        let places = |timeline: &Timeline| timeline.entries().iter().map(|entry| entry.seq.0).collect::<Vec<_>>();
        // Events first, then the page that has them condensed; again; an older answer late; and the events once more.
        let mut timeline = Timeline::above(Seq(4));
        for item in [join(4), join(5), item(6, 6, "six"), join(7)] {
            timeline.apply(&item, None);
        }
        timeline.extend_down((&[item(1, 1, "one"), item(6, 6, "six")], &[run(2, 5), run(7, 7)]), Seq(1), None);
        assert_eq!(places(&timeline), [1, 5, 6, 7]);
        timeline.extend_down((&[item(6, 6, "six")], &[run(2, 5), run(7, 9)]), Seq(1), None);
        timeline.extend_down((&[item(6, 6, "six")], &[run(7, 8)]), Seq(1), None);
        for item in [join(3), join(5), join(8), join(9), join(10)] {
            timeline.apply(&item, None);
        }
        assert_eq!(places(&timeline), [1, 5, 6, 9, 10]);
    }

    #[test]
    fn old_messages_that_the_server_removed_are_dropped_and_the_rest_stays() {
        let mut ephemeral = item(2, 2, "expires later");
        if let Content::Message(message) = &mut ephemeral.content {
            message.expires_at = Some(UnixMillis(9_000));
        }
        let mut timeline = Timeline::default();
        let joins = Item { content: Content::Join, ..item(3, 3, "-") };
        for item in [item(1, 1, "old"), ephemeral, joins, item(4, 9, "old, edited"), item(5, 5, "kept")] {
            timeline.apply(&item, None);
        }
        timeline.forget_pruned(Seq(4));
        let left: Vec<_> = timeline.entries().iter().map(|entry| entry.seq.0).collect();
        assert_eq!(left, [2, 3, 5]);
        assert_eq!(timeline.next_expiry(), Some(UnixMillis(9_000)));
    }

    proptest! {
        #[test]
        fn any_order_of_any_states_ends_in_the_newest_of_each(
            mut states in proptest::collection::vec((1u64..20, 0u64..5), 1..80)
        ) {
            let mut timeline = Timeline::default();
            for (seq, edits) in &states {
                timeline.apply(&item(*seq, seq + edits * 100, &format!("{seq}.{edits}")), None);
            }
            states.sort_unstable();
            let mut newest = std::collections::BTreeMap::new();
            newest.extend(states);
            let expected: Vec<_> = newest.into_iter().map(|(seq, edits)| format!("{seq}.{edits}")).collect();
            prop_assert_eq!(texts(&timeline), expected);
        }
    }
}
