//! Ephemeral entries by their senders' keys; the keys are those inside the entries, and are not held twice. Pure. Must not know
//! rooms or expiry.

#![deny(clippy::disallowed_methods)]

use std::hash::{BuildHasher, RandomState};

use chat_proto::ids::UserId;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::EphemeralEntry;

/// Entries by sender and key.
#[derive(Debug, Default)]
pub(crate) struct ByKey {
    table: HashTable<EphemeralEntry>,
    /// Clients choose the keys: the hash is not to be guessed.
    hasher: RandomState,
}

fn hash(hasher: &RandomState, sender: UserId, key: &str) -> u64 {
    hasher.hash_one((sender, key))
}

fn is_of(entry: &EphemeralEntry, sender: UserId, key: &str) -> bool {
    entry.sender() == sender && entry.key_text() == key
}

impl ByKey {
    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }

    pub(crate) fn get(&self, sender: UserId, key: &str) -> Option<&EphemeralEntry> {
        self.table.find(hash(&self.hasher, sender, key), |entry| is_of(entry, sender, key))
    }

    /// Adds an entry, in the place of the one that has its key.
    pub(crate) fn insert(&mut self, entry: EphemeralEntry) {
        let Self { table, hasher } = self;
        let rehash = |held: &EphemeralEntry| hash(hasher, held.sender(), held.key_text());
        let is_same = |held: &EphemeralEntry| is_of(held, entry.sender(), entry.key_text());
        match table.entry(rehash(&entry), is_same, rehash) {
            Entry::Occupied(mut held) => *held.get_mut() = entry,
            Entry::Vacant(place) => drop(place.insert(entry)),
        }
    }

    pub(crate) fn remove(&mut self, sender: UserId, key: &str) {
        let Self { table, hasher } = self;
        if let Ok(held) = table.find_entry(hash(hasher, sender, key), |entry| is_of(entry, sender, key)) {
            held.remove();
        }
        if table.capacity() > 8 * table.len() + 64 {
            table.shrink_to(2 * table.len(), |held| hash(hasher, held.sender(), held.key_text()));
        }
    }
}

#[cfg(test)]
mod tests {
    use chat_proto::time::UnixMillis;

    use super::*;
    use crate::live::conformance::entry;

    #[test]
    fn a_key_leads_to_the_entry_that_was_added_last() {
        let mut held = ByKey::default();
        for seq in 1..=1_000 {
            held.insert(entry(1, seq, UnixMillis(0), 1_000));
        }
        held.insert(entry(2, 7, UnixMillis(0), 1_000));
        let room = |held: &ByKey, key: &str| held.get(UserId(7), key).map(|entry| entry.room().0);
        assert_eq!((held.len(), room(&held, "k7"), room(&held, "k8")), (1_000, Some(2), Some(1)));
        assert_eq!(held.get(UserId(8), "k7"), None);
        for seq in 10..=1_000 {
            held.remove(UserId(7), &format!("k{seq}"));
        }
        assert_eq!((held.len(), room(&held, "k9"), room(&held, "k10")), (9, Some(1), None));
        assert!(held.table.capacity() < 200, "the space is given back");
    }
}
