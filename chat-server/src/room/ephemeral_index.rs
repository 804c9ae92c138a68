//! The visible ephemeral messages of a room and their tombstones, by number, by key and by expiry. Pure; must not know
//! rooms or stores.

#![deny(clippy::disallowed_methods)]

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use chat_proto::ids::Seq;
use chat_proto::time::UnixMillis;

use crate::live::{ByKey, BySeq, EphemeralEntry};

/// The most tombstones: about a MiB. The oldest go first; the live store knows their keys.
const TOMBSTONES_MAX: usize = 4_096;

/// The visible ephemeral messages of a room, tombstones included.
#[derive(Debug, Default)]
pub(super) struct EphemeralIndex {
    entries: BySeq,
    /// Invariant: holds each of `entries` once.
    by_key: ByKey,
    /// Invariant: holds each tombstone of `entries` once, by the number of its deletion.
    tombstones: BTreeSet<(Seq, Seq)>,
    /// The latest message whose tombstone was dropped.
    dropped_up_to: Seq,
    /// Invariant: holds each of `entries` once, by its own expiry. Those of dropped tombstones stay until then, or until they
    /// are many.
    expiries: BinaryHeap<Reverse<(UnixMillis, Seq)>>,
}

impl EphemeralIndex {
    /// Adds an entry, or replaces its state.
    pub(super) fn insert(&mut self, entry: EphemeralEntry) {
        self.by_key.insert(entry.clone());
        let expiry = Reverse((entry.expires_at(), entry.seq()));
        let tombstone = (!entry.is_message()).then(|| (entry.changed(), entry.seq()));
        match self.entries.insert(entry) {
            Some(old) => drop(self.tombstones.remove(&(old.changed(), old.seq()))),
            None => self.expiries.push(expiry),
        }
        if let Some(tombstone) = tombstone {
            self.tombstones.insert(tombstone);
            self.drop_oldest_tombstones();
        }
    }

    fn drop_oldest_tombstones(&mut self) {
        while self.tombstones.len() > TOMBSTONES_MAX
            && let Some((_, seq)) = self.tombstones.pop_first()
        {
            self.dropped_up_to = self.dropped_up_to.max(seq);
            self.remove_all(vec![seq]);
        }
        if self.expiries.len() > 2 * self.entries.len() + 64 {
            self.expiries = self.entries.iter().map(|entry| Reverse((entry.expires_at(), entry.seq()))).collect();
        }
    }

    fn remove_all(&mut self, seqs: Vec<Seq>) {
        for entry in self.entries.remove_all(seqs) {
            self.by_key.remove(entry.sender(), entry.key_text());
            self.tombstones.remove(&(entry.changed(), entry.seq()));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns the entry of a number. It may have expired.
    pub(super) fn get(&self, seq: Seq) -> Option<&EphemeralEntry> {
        self.entries.get(seq)
    }

    /// Returns the entry that has the same sender and key as a post. It may have expired.
    pub(super) fn with_key_of(&self, post: &EphemeralEntry) -> Option<&EphemeralEntry> {
        self.by_key.get(post.sender(), post.key_text())
    }

    /// Whether the tombstone of this message may have been dropped.
    pub(super) fn may_have_dropped(&self, seq: Seq) -> bool {
        seq <= self.dropped_up_to
    }

    /// Returns all entries by rising number.
    pub(super) fn entries(&self) -> impl Iterator<Item = &EphemeralEntry> {
        self.entries.iter()
    }

    /// Returns the entries before a number, latest first.
    pub(super) fn before(&self, seq: Seq) -> impl Iterator<Item = &EphemeralEntry> {
        self.entries.before(seq)
    }

    /// The number of the latest change.
    pub(super) fn newest(&self) -> Seq {
        self.entries().map(EphemeralEntry::changed).max().unwrap_or(Seq::ZERO)
    }

    /// When the next entry expires.
    pub(super) fn next_expiry_at(&self) -> Option<UnixMillis> {
        self.expiries.peek().map(|Reverse((end, _))| *end)
    }

    /// Removes all entries that have expired by `now`; returns their numbers and expiries.
    pub(super) fn take_expired(&mut self, now: UnixMillis) -> Vec<(Seq, UnixMillis)> {
        let mut expired = Vec::new();
        while let Some(Reverse((end, seq))) = self.expiries.peek().copied().filter(|Reverse((end, _))| *end <= now) {
            self.expiries.pop();
            expired.push((seq, end));
        }
        self.remove_all(expired.iter().map(|(seq, _)| *seq).collect());
        if self.expiries.capacity() > 4 * self.expiries.len() + 64 {
            self.expiries.shrink_to(2 * self.expiries.len());
        }
        expired
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::conformance;
    use chat_proto::ids::UserId;
    use chat_proto::message::{Content, Item};

    #[test]
    fn the_oldest_tombstones_go_first_and_messages_stay() {
        let (mut index, now) = (EphemeralIndex::default(), UnixMillis(0));
        let content = Content::Deleted { deleted_at: now, deleted_by: UserId(7) };
        let most = TOMBSTONES_MAX as u64;
        for seq in 1..=3 * most {
            let posted = conformance::entry(1, seq, now, 9_000);
            index.insert(posted.clone());
            if seq > 1 {
                let gone = Item { changed: Seq(4 * most + seq), content: content.clone(), ..posted.item() };
                index.insert(posted.changed_to(&gone).expect("a tombstone"));
            }
        }
        let kept: Vec<u64> = index.entries().map(|entry| entry.seq().0).collect();
        assert_eq!((kept[0], kept[1], kept.len()), (1, 2 * most + 1, TOMBSTONES_MAX + 1));
        assert!(index.with_key_of(&conformance::entry(1, 2, now, 9_000)).is_none());
        assert!(index.may_have_dropped(Seq(2 * most)) && !index.may_have_dropped(Seq(2 * most + 1)));
        assert!(index.expiries.len() <= 2 * kept.len() + 64, "nor do their ends pile up");
        index.take_expired(UnixMillis(9_000));
        assert!(index.is_empty() && index.tombstones.is_empty());
    }
}
