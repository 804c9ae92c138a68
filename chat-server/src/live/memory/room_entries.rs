//! The ephemeral messages of one room, by number and by end. Pure. Must not know keys or other rooms.

#![deny(clippy::disallowed_methods)]

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use chat_proto::ids::Seq;
use chat_proto::time::UnixMillis;

use crate::live::{BySeq, EphemeralEntry};

/// The ephemeral messages of one room.
#[derive(Debug, Default)]
pub(super) struct RoomEntries {
    pub by_seq: BySeq,
    /// The ends of the entries. Those of entries that were removed earlier stay until then, or until they are many.
    ends: BinaryHeap<Reverse<(UnixMillis, Seq)>>,
    /// Its place among the ends of all rooms.
    pub next_end: Option<UnixMillis>,
    pub bytes: u64,
}

impl RoomEntries {
    pub(super) fn add_end(&mut self, entry: &EphemeralEntry) {
        self.ends.push(Reverse((entry.expires_at(), entry.seq())));
    }

    pub(super) fn first_end(&self) -> Option<UnixMillis> {
        self.ends.peek().map(|Reverse((end, _))| *end)
    }

    /// Takes the ends that have come, at most so many; returns the entries that have ended.
    pub(super) fn take_ended(&mut self, now: UnixMillis, at_most: usize) -> Vec<Seq> {
        let mut ended = Vec::new();
        while ended.len() < at_most
            && let Some(Reverse((_, seq))) = self.ends.peek().copied().filter(|Reverse((end, _))| *end <= now)
        {
            self.ends.pop();
            // The entry may have been removed earlier.
            if self.by_seq.get(seq).is_some_and(|entry| !entry.is_alive(now)) {
                ended.push(seq);
            }
        }
        ended
    }

    /// Drops the ends of entries that were removed earlier, if they are many.
    pub(super) fn drop_stale_ends(&mut self) {
        if self.by_seq.is_empty() {
            self.ends.clear();
        } else if self.ends.len() > 2 * self.by_seq.len() + 64 {
            self.ends = self.by_seq.iter().map(|entry| Reverse((entry.expires_at(), entry.seq()))).collect();
        } else if self.ends.capacity() > 4 * self.ends.len() + 64 {
            self.ends.shrink_to(2 * self.ends.len());
        }
    }
}
