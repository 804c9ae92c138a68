//! The ephemeral messages of a room that are alive, with the tombstones of those that were: by number, by key, by end. Pure.

#![deny(clippy::disallowed_methods)]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chat_proto::ids::{ClientKey, Seq, UserId};
use chat_proto::time::UnixMillis;

use crate::live::{EphemeralEntry, EphemeralKey};

/// What is alive in a room.
#[derive(Debug, Default)]
pub(super) struct EphemeralIndex {
    entries: BTreeMap<Seq, EphemeralEntry>,
    /// Invariant: each of `entries` is here once, under its sender and their key.
    seqs_by_key: HashMap<(UserId, ClientKey), Seq>,
    /// Invariant: each of `entries` is here once, under its own end.
    expiries: BTreeSet<(UnixMillis, Seq)>,
}

impl EphemeralIndex {
    pub(super) fn new(entries: Vec<EphemeralEntry>) -> Self {
        let mut index = Self::default();
        for entry in entries {
            index.insert(entry);
        }
        index
    }

    /// Takes in an entry, or its new state.
    pub(super) fn insert(&mut self, entry: EphemeralEntry) {
        let seq = entry.item().seq;
        self.expiries.insert((entry.expires_at(), seq));
        self.seqs_by_key.insert(sender_key(entry.key()), seq);
        self.entries.insert(seq, entry);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// By number; whether it has ended is for who asks to see.
    pub(super) fn get(&self, seq: Seq) -> Option<&EphemeralEntry> {
        self.entries.get(&seq)
    }

    /// Under a sender's key.
    pub(super) fn by_key(&self, key: &EphemeralKey) -> Option<&EphemeralEntry> {
        self.seqs_by_key.get(&sender_key(key)).and_then(|seq| self.entries.get(seq))
    }

    /// All, by rising number.
    pub(super) fn entries(&self) -> impl Iterator<Item = &EphemeralEntry> {
        self.entries.values()
    }

    /// The number under which the last one changed.
    pub(super) fn newest(&self) -> Seq {
        self.entries().map(|entry| entry.item().changed).max().unwrap_or(Seq::ZERO)
    }

    /// When the next one expires.
    pub(super) fn next_expiry_at(&self) -> Option<UnixMillis> {
        self.expiries.first().map(|(end, _)| *end)
    }

    /// Lets go of one that has ended at `now`; its number and its end. None once none has.
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
