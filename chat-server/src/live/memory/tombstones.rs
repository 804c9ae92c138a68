//! The bare tombstones by account, by room and in all, with their bytes and the oldest first. Pure. Must not know texts or keys.

#![deny(clippy::disallowed_methods)]

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

use chat_proto::ids::{RoomId, Seq, UserId};
use chat_proto::message::Content;
use chat_proto::time::UnixMillis;

use super::caps::MemoryCaps;
use crate::live::EphemeralEntry;

/// When a message was deleted, and which one.
type Place = (UnixMillis, RoomId, Seq);

/// All bare tombstones.
#[derive(Debug, Default)]
pub(super) struct Tombstones {
    all: Pile,
    /// Invariant: none is empty.
    rooms: HashMap<RoomId, Pile>,
    /// Invariant: none is empty.
    accounts: HashMap<UserId, Pile>,
}

#[derive(Debug, Default)]
struct Pile {
    bytes: u64,
    oldest_first: BTreeSet<Place>,
}

impl Tombstones {
    pub(super) fn bytes(&self) -> u64 {
        self.all.bytes
    }

    pub(super) fn add(&mut self, entry: &EphemeralEntry, bytes: u64) {
        let place = place(entry);
        self.all.add(place, bytes);
        self.rooms.entry(entry.room()).or_default().add(place, bytes);
        self.accounts.entry(entry.sender()).or_default().add(place, bytes);
    }

    pub(super) fn remove(&mut self, entry: &EphemeralEntry, bytes: u64) {
        let place = place(entry);
        self.all.remove(place, bytes);
        remove_from(&mut self.rooms, &entry.room(), place, bytes);
        remove_from(&mut self.accounts, &entry.sender(), place, bytes);
    }

    /// The oldest one of a share that is full; `None` if none is. `caps`: those of tombstones.
    pub(super) fn excess(&self, room: RoomId, sender: UserId, caps: MemoryCaps) -> Option<(RoomId, Seq)> {
        let shares = [
            (self.accounts.get(&sender), caps.account_bytes),
            (self.rooms.get(&room), caps.room_bytes),
            (Some(&self.all), caps.total_bytes),
        ];
        let full = shares.into_iter().find_map(|(pile, cap)| pile.filter(|pile| pile.bytes > cap))?;
        full.oldest_first.first().map(|(_, room, seq)| (*room, *seq))
    }
}

impl Pile {
    fn add(&mut self, place: Place, bytes: u64) {
        self.bytes += bytes;
        self.oldest_first.insert(place);
    }

    fn remove(&mut self, place: Place, bytes: u64) {
        self.bytes -= bytes;
        self.oldest_first.remove(&place);
    }
}

fn remove_from<K: Eq + Hash>(piles: &mut HashMap<K, Pile>, key: &K, place: Place, bytes: u64) {
    if let Some(pile) = piles.get_mut(key) {
        pile.remove(place, bytes);
        if pile.oldest_first.is_empty() {
            piles.remove(key);
        }
    }
}

fn place(entry: &EphemeralEntry) -> Place {
    let item = entry.item();
    let deleted_at = match item.content {
        Content::Deleted { deleted_at, .. } => deleted_at,
        _ => item.at,
    };
    (deleted_at, entry.room(), entry.seq())
}
