//! The visible ephemeral messages of a room and their tombstones, by number, by key and by expiry. Pure; must not know
//! rooms or stores.

#![deny(clippy::disallowed_methods)]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chat_proto::ids::{ClientKey, Seq, UserId};
use chat_proto::time::UnixMillis;

use crate::live::{EphemeralEntry, EphemeralKey};

/// The visible ephemeral messages of a room, tombstones included.
#[derive(Debug, Default)]
pub(super) struct EphemeralIndex {
    entries: BTreeMap<Seq, EphemeralEntry>,
    /// Invariant: holds each of `entries` once, by sender and key.
    seqs_by_key: HashMap<(UserId, ClientKey), Seq>,
    /// Invariant: holds each of `entries` once, by its own expiry.
    expiries: BTreeSet<(UnixMillis, Seq)>,
}

impl EphemeralIndex {
    /// Adds an entry, or replaces its state.
    pub(super) fn insert(&mut self, entry: EphemeralEntry) {
        let seq = entry.item().seq;
        self.expiries.insert((entry.expires_at(), seq));
        self.seqs_by_key.insert(sender_key(entry.key()), seq);
        self.entries.insert(seq, entry);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns the entry of a number. It may have expired.
    pub(super) fn get(&self, seq: Seq) -> Option<&EphemeralEntry> {
        self.entries.get(&seq)
    }

    /// Returns the entry of a sender's key. It may have expired.
    pub(super) fn by_key(&self, key: &EphemeralKey) -> Option<&EphemeralEntry> {
        self.seqs_by_key.get(&sender_key(key)).and_then(|seq| self.entries.get(seq))
    }

    /// Returns all entries by rising number.
    pub(super) fn entries(&self) -> impl Iterator<Item = &EphemeralEntry> {
        self.entries.values()
    }

    /// The number of the latest change.
    pub(super) fn newest(&self) -> Seq {
        self.entries().map(|entry| entry.item().changed).max().unwrap_or(Seq::ZERO)
    }

    /// When the next entry expires.
    pub(super) fn next_expiry_at(&self) -> Option<UnixMillis> {
        self.expiries.first().map(|(end, _)| *end)
    }

    /// Removes an entry that has expired by `now`; returns its number and expiry. `None` if no entry has expired.
    pub(super) fn pop_expired(&mut self, now: UnixMillis) -> Option<(Seq, UnixMillis)> {
        let (end, seq) = self.expiries.first().copied().filter(|(end, _)| *end <= now)?;
        self.expiries.pop_first();
        if let Some(entry) = self.entries.remove(&seq) {
            self.seqs_by_key.remove(&sender_key(entry.key()));
        }
        Some((seq, end))
    }
}

fn sender_key(key: &EphemeralKey) -> (UserId, ClientKey) {
    (key.sender, key.key.clone())
}
