//! Ephemeral entries of one room by rising number, eight bytes for each. Pure. Must not know rooms or expiry.

#![deny(clippy::disallowed_methods)]

use std::collections::VecDeque;

use chat_proto::ids::Seq;

use super::EphemeralEntry;

/// From so many on, entries are removed in one pass over all.
const MANY: usize = 16;

/// Entries of one room. Numbers are added at the end and mostly removed at the front.
#[derive(Debug, Default)]
pub(crate) struct BySeq(VecDeque<EphemeralEntry>);

impl BySeq {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn get(&self, seq: Seq) -> Option<&EphemeralEntry> {
        self.place(seq).ok().and_then(|at| self.0.get(at))
    }

    /// Adds an entry; returns the one that had its number.
    pub(crate) fn insert(&mut self, entry: EphemeralEntry) -> Option<EphemeralEntry> {
        match self.place(entry.seq()) {
            Ok(at) => self.0.get_mut(at).map(|held| std::mem::replace(held, entry)),
            Err(at) => {
                self.0.insert(at, entry);
                None
            }
        }
    }

    /// Removes the entries of these numbers.
    pub(crate) fn remove_all(&mut self, mut seqs: Vec<Seq>) -> Vec<EphemeralEntry> {
        if seqs.len() < MANY {
            let removed = seqs.into_iter().filter_map(|seq| self.remove(seq)).collect();
            self.give_space_back();
            return removed;
        }
        seqs.sort_unstable();
        let mut removed = Vec::with_capacity(seqs.len());
        let mut kept = VecDeque::with_capacity(self.0.len().saturating_sub(seqs.len()));
        let mut wanted = seqs.into_iter().peekable();
        for entry in std::mem::take(&mut self.0) {
            while wanted.next_if(|seq| *seq < entry.seq()).is_some() {}
            if wanted.peek() == Some(&entry.seq()) {
                removed.push(entry);
            } else {
                kept.push_back(entry);
            }
        }
        self.0 = kept;
        removed
    }

    fn remove(&mut self, seq: Seq) -> Option<EphemeralEntry> {
        self.place(seq).ok().and_then(|at| self.0.remove(at))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &EphemeralEntry> {
        self.0.iter()
    }

    /// The entries before a number, latest first.
    pub(crate) fn before(&self, seq: Seq) -> impl Iterator<Item = &EphemeralEntry> {
        let end = self.place(seq).unwrap_or_else(|at| at);
        self.0.range(..end).rev()
    }

    fn give_space_back(&mut self) {
        if self.0.capacity() > 4 * self.0.len() + 64 {
            self.0.shrink_to(2 * self.0.len());
        }
    }

    fn place(&self, seq: Seq) -> Result<usize, usize> {
        // Most numbers are new.
        if self.0.back().is_none_or(|last| last.seq() < seq) {
            return Err(self.0.len());
        }
        self.0.binary_search_by_key(&seq, EphemeralEntry::seq)
    }
}

#[cfg(test)]
mod tests {
    use chat_proto::time::UnixMillis;

    use super::*;
    use crate::live::conformance::entry;

    fn of(seqs: &[u64]) -> BySeq {
        let mut held = BySeq::default();
        for seq in seqs {
            held.insert(entry(1, *seq, UnixMillis(0), 1_000));
        }
        held
    }

    fn seqs(held: &BySeq) -> Vec<u64> {
        held.iter().map(|entry| entry.seq().0).collect()
    }

    #[test]
    fn entries_stand_in_order_and_a_number_has_one() {
        let mut held = of(&[5, 2, 9, 3]);
        assert_eq!(seqs(&held), [2, 3, 5, 9]);
        assert!(held.insert(entry(1, 5, UnixMillis(0), 9_000)).is_some());
        assert_eq!(
            (seqs(&held), held.get(Seq(5)).map(EphemeralEntry::expires_at)),
            (vec![2, 3, 5, 9], Some(UnixMillis(9_000)))
        );
        assert_eq!(held.get(Seq(4)), None);
    }

    #[test]
    fn few_and_many_are_removed_alike() {
        let all: Vec<u64> = (1..=200).collect();
        for step in [1, 3, 50] {
            let mut held = of(&all);
            let gone: Vec<Seq> = (1..=210).rev().step_by(step).map(Seq).collect();
            let removed = held.remove_all(gone.clone());
            assert_eq!(removed.len(), gone.iter().filter(|seq| seq.0 <= 200).count());
            assert_eq!(seqs(&held), all.iter().copied().filter(|seq| !gone.contains(&Seq(*seq))).collect::<Vec<_>>());
        }
    }
}
