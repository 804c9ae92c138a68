//! The visible ephemeral messages of a room and their tombstones, by number, by key and by expiry. Pure; must not know
//! rooms or stores.

#![deny(clippy::disallowed_methods)]

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use chat_proto::ids::Seq;
use chat_proto::time::UnixMillis;

use crate::live::{ByKey, BySeq, EphemeralEntry};

/// The visible ephemeral messages of a room, tombstones included.
#[derive(Debug, Default)]
pub(super) struct EphemeralIndex {
    entries: BySeq,
    /// Invariant: holds each of `entries` once.
    by_key: ByKey,
    /// Invariant: holds each of `entries` once, by its own expiry.
    expiries: BinaryHeap<Reverse<(UnixMillis, Seq)>>,
}

impl EphemeralIndex {
    /// Adds an entry, or replaces its state.
    pub(super) fn insert(&mut self, entry: EphemeralEntry) {
        self.by_key.insert(entry.clone());
        let expiry = Reverse((entry.expires_at(), entry.seq()));
        if self.entries.insert(entry).is_none() {
            self.expiries.push(expiry);
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
        for entry in self.entries.remove_all(expired.iter().map(|(seq, _)| *seq).collect()) {
            self.by_key.remove(entry.sender(), entry.key_text());
        }
        if self.expiries.capacity() > 4 * self.expiries.len() + 64 {
            self.expiries.shrink_to(2 * self.expiries.len());
        }
        expired
    }
}
