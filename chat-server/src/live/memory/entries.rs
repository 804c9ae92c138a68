//! The ephemeral messages in memory: by room and number, by key, and by end. Pure. Must not know locks or tasks.

#![deny(clippy::disallowed_methods)]

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use chat_proto::ids::{ClientKey, RoomId, Seq, UserId};
use chat_proto::message::Item;
use chat_proto::time::UnixMillis;

use super::caps::MemoryCaps;
use super::ended_keys::EndedKeys;
use super::room_entries::RoomEntries;
use super::tombstones::Tombstones;
use crate::live::{ByKey, EphemeralEntry, EphemeralKey, KEY_KEPT_MS, KeyUse, LiveError, Put};

/// The bytes of an entry's places in the maps of the store and of its room, with their spare capacity. Measured by `chat-bench
/// ephemeral`: with them, the bytes counted are those by which a server's resident memory grows, and at most a fifth more.
const PLACES_BYTES: u64 = 140;
/// The bytes of a bare tombstone's places among the oldest of its account, its room and all.
const TOMBSTONE_PLACES_BYTES: u64 = 120;
/// Expired entries that one write removes, so that steady writing never piles them up.
const TRIM_PER_WRITE: usize = 16;

/// All ephemeral messages.
#[derive(Debug, Default)]
pub(super) struct Entries {
    rooms: HashMap<RoomId, RoomEntries>,
    /// Invariant: holds each entry of `rooms` once.
    by_key: ByKey,
    /// The first end of each room.
    ends_of_rooms: BTreeSet<(UnixMillis, RoomId)>,
    ended_keys: EndedKeys,
    /// Counted apart: they refuse no message.
    tombstones: Tombstones,
    /// The bytes of all entries but bare tombstones, as in the rooms and in `account_bytes`.
    bytes: u64,
    /// The bytes by sender. Invariant: no zeros.
    account_bytes: HashMap<UserId, u64>,
    /// Messages in `rooms`, tombstones not counted.
    messages: u64,
}

impl Entries {
    pub(super) fn put(&mut self, entry: EphemeralEntry, caps: MemoryCaps, now: UnixMillis) -> Result<Put, LiveError> {
        self.trim(now, TRIM_PER_WRITE);
        let EphemeralKey { room, sender, key } = entry.key();
        if let Some(held) = self.key_use(sender, &key, now) {
            return Ok(Put::KeyHeld(Box::new(held)));
        }
        self.check_space((room, sender), cost_bytes(&entry), caps, now)?;
        self.check_keys(caps, now)?;
        // An expired key may not be swept yet; the new use replaces it.
        self.forget_key(sender, &key);
        // Rooms never assign a number twice; if one did, the sums must still hold.
        if self.entry(room, entry.seq()).is_some() {
            self.remove(room, vec![entry.seq()]);
        }
        self.count(&entry);
        self.rooms.entry(room).or_default().add_end(&entry);
        self.hold(entry);
        self.note_next_end(room);
        Ok(Put::Stored)
    }

    pub(super) fn replace(
        &mut self,
        key: &EphemeralKey,
        item: &Item,
        caps: MemoryCaps,
        now: UnixMillis,
    ) -> Result<bool, LiveError> {
        let Some(old) = self.addressed(key).filter(|entry| entry.is_message()).cloned() else { return Ok(false) };
        // A deletion holds the former state for a moment only, and is what helps when there is no space.
        let is_newer = item.changed > old.changed() && old.is_alive(now);
        if is_newer && item.content.message().is_some() {
            let more_bytes = cost_bytes(&old.replaced_by(item)?).saturating_sub(cost_bytes(&old));
            if more_bytes > 0 {
                self.check_space((key.room, key.sender), more_bytes, caps, now)?;
            }
        }
        self.set(key, item, EphemeralEntry::replaced_by, (caps, now))
    }

    /// As [`Self::replace`], but the state stands alone, a deleted message may come back, and it needs no space.
    pub(super) fn restore(
        &mut self,
        key: &EphemeralKey,
        item: &Item,
        caps: MemoryCaps,
        now: UnixMillis,
    ) -> Result<bool, LiveError> {
        self.set(key, item, EphemeralEntry::changed_to, (caps, now))
    }

    fn set(
        &mut self,
        key: &EphemeralKey,
        item: &Item,
        change: fn(&EphemeralEntry, &Item) -> Result<EphemeralEntry, LiveError>,
        (caps, now): (MemoryCaps, UnixMillis),
    ) -> Result<bool, LiveError> {
        self.trim(now, TRIM_PER_WRITE);
        let Some(old) = self.addressed(key).filter(|entry| entry.is_alive(now)) else { return Ok(false) };
        let new = change(old, item)?;
        if new.changed() <= old.changed() {
            return Ok(true);
        }
        let old = old.clone();
        self.set_state(&old, new, caps);
        Ok(true)
    }

    /// Updates the entry that has this key and number, if there is one.
    pub(super) fn update(
        &mut self,
        key: &EphemeralKey,
        seq: Seq,
        caps: MemoryCaps,
        update: impl FnOnce(EphemeralEntry) -> EphemeralEntry,
    ) {
        if let Some(entry) = self.addressed(key).filter(|entry| entry.seq() == seq).cloned() {
            self.set_state(&entry, update(entry.clone()), caps);
        }
    }

    pub(super) fn undo(&mut self, key: &EphemeralKey, seq: Seq) {
        let EphemeralKey { room, sender, key } = key;
        let is_same = |used: &KeyUse| used.room == *room && used.seq == seq;
        if self.used(*sender, key).is_some_and(|used| is_same(&used)) {
            self.forget_key(*sender, key);
        }
    }

    pub(super) fn alive_in(&self, room: RoomId, now: UnixMillis) -> Vec<EphemeralEntry> {
        let entries = self.rooms.get(&room).map(|entries| entries.by_seq.iter());
        entries.into_iter().flatten().filter(|entry| entry.is_alive(now)).cloned().collect()
    }

    pub(super) fn rooms_alive(&self, now: UnixMillis) -> Vec<RoomId> {
        let is_alive = |held: &RoomEntries| held.by_seq.iter().any(|entry| entry.is_alive(now));
        self.rooms.iter().filter(|(_, held)| is_alive(held)).map(|(room, _)| *room).collect()
    }

    pub(super) fn key_use(&self, sender: UserId, key: &ClientKey, now: UnixMillis) -> Option<KeyUse> {
        self.used(sender, key).filter(|used| now < used.expires_at.plus_ms(KEY_KEPT_MS))
    }

    fn used(&self, sender: UserId, key: &ClientKey) -> Option<KeyUse> {
        let held = self.by_key.get(sender, key.as_str()).map(EphemeralEntry::key_use);
        held.or_else(|| self.ended_keys.get(sender, key).cloned())
    }

    pub(super) fn clear_room(&mut self, room: RoomId) {
        let seqs = self.rooms.get(&room).map(|held| held.by_seq.iter().map(EphemeralEntry::seq).collect());
        for entry in self.remove(room, seqs.unwrap_or_default()) {
            self.ended_keys.remember(&entry);
        }
    }

    /// Removes everything that expired, and the keys that nobody retries any more. Returns both counts.
    pub(super) fn sweep(&mut self, now: UnixMillis) -> (u64, u64) {
        (self.trim(now, usize::MAX), self.ended_keys.sweep(now))
    }

    /// Alive messages and the bytes of all entries. Sweeps, so that both are exact.
    pub(super) fn usage(&mut self, now: UnixMillis) -> (u64, u64) {
        self.sweep(now);
        (self.messages, self.bytes + self.tombstones.bytes())
    }

    fn check_space(
        &mut self,
        (room, sender): (RoomId, UserId),
        more_bytes: u64,
        caps: MemoryCaps,
        now: UnixMillis,
    ) -> Result<(), LiveError> {
        let fits = |entries: &Self| {
            let account_bytes = entries.account_bytes.get(&sender).copied().unwrap_or(0);
            if account_bytes + more_bytes > caps.account_bytes {
                return Err(LiveError::AccountFull { limit_bytes: caps.account_bytes });
            }
            let room_bytes = entries.rooms.get(&room).map_or(0, |held| held.bytes);
            if room_bytes + more_bytes > caps.room_bytes {
                return Err(LiveError::RoomFull { room, limit_bytes: caps.room_bytes });
            }
            if entries.bytes + more_bytes > caps.total_bytes {
                return Err(LiveError::Full { limit_bytes: caps.total_bytes });
            }
            Ok(())
        };
        // Only alive entries may refuse another: expired ones go first.
        fits(self).or_else(|_| {
            self.trim(now, usize::MAX);
            fits(self)
        })
    }

    fn check_keys(&mut self, caps: MemoryCaps, now: UnixMillis) -> Result<(), LiveError> {
        let are_full = |entries: &Self| entries.by_key.len() + entries.ended_keys.len() >= caps.keys;
        if are_full(self) {
            self.trim(now, usize::MAX);
        }
        while are_full(self) {
            if !self.ended_keys.forget_oldest() {
                return Err(LiveError::Full { limit_bytes: caps.total_bytes });
            }
        }
        Ok(())
    }

    /// Removes expired entries and remembers their keys; returns how many.
    fn trim(&mut self, now: UnixMillis, at_most: usize) -> u64 {
        let mut trimmed = 0;
        while trimmed < at_most
            && let Some((_, room)) = self.ends_of_rooms.first().copied().filter(|(end, _)| *end <= now)
        {
            let ended = self.rooms.get_mut(&room).map_or_else(Vec::new, |held| held.take_ended(now, at_most - trimmed));
            let removed = self.remove(room, ended);
            for entry in &removed {
                self.ended_keys.remember(entry);
            }
            trimmed += removed.len();
        }
        trimmed as u64
    }

    /// Puts a room in its place among the ends of rooms.
    fn note_next_end(&mut self, room: RoomId) {
        let Some(held) = self.rooms.get_mut(&room) else { return };
        let next_end = held.first_end();
        let before = std::mem::replace(&mut held.next_end, next_end);
        if before != next_end {
            before.map(|end| self.ends_of_rooms.remove(&(end, room)));
            self.ends_of_rooms.extend(next_end.map(|end| (end, room)));
        }
    }

    /// Sets the state of an entry that is held. A tombstone may take the place of the oldest; their keys stay remembered.
    fn set_state(&mut self, old: &EphemeralEntry, new: EphemeralEntry, caps: MemoryCaps) {
        let (room, sender) = (new.room(), new.sender());
        self.uncount(old);
        self.count(&new);
        self.hold(new);
        while let Some((room, seq)) = self.tombstones.excess(room, sender, caps.of_tombstones()) {
            for entry in self.remove(room, vec![seq]) {
                self.ended_keys.remember(&entry);
            }
        }
    }

    fn hold(&mut self, entry: EphemeralEntry) {
        self.rooms.entry(entry.room()).or_default().by_seq.insert(entry.clone());
        self.by_key.insert(entry);
    }

    /// Removes entries; their keys are not remembered.
    fn remove(&mut self, room: RoomId, seqs: Vec<Seq>) -> Vec<EphemeralEntry> {
        let Some(held) = self.rooms.get_mut(&room) else { return Vec::new() };
        let removed = held.by_seq.remove_all(seqs);
        for entry in &removed {
            self.by_key.remove(entry.sender(), entry.key_text());
            self.uncount(entry);
        }
        let Some(held) = self.rooms.get_mut(&room) else { return removed };
        held.drop_stale_ends();
        let is_empty = held.by_seq.is_empty();
        self.note_next_end(room);
        if is_empty {
            self.rooms.remove(&room);
        }
        removed
    }

    fn count(&mut self, entry: &EphemeralEntry) {
        let bytes = cost_bytes(entry);
        if entry.is_bare_tombstone() {
            return self.tombstones.add(entry, bytes);
        }
        self.bytes += bytes;
        *self.account_bytes.entry(entry.sender()).or_default() += bytes;
        self.rooms.entry(entry.room()).or_default().bytes += bytes;
        self.messages += u64::from(entry.is_message());
    }

    fn uncount(&mut self, entry: &EphemeralEntry) {
        let bytes = cost_bytes(entry);
        if entry.is_bare_tombstone() {
            return self.tombstones.remove(entry, bytes);
        }
        self.bytes -= bytes;
        if let Entry::Occupied(mut account) = self.account_bytes.entry(entry.sender()) {
            *account.get_mut() -= bytes;
            if *account.get() == 0 {
                account.remove();
            }
        }
        if let Some(held) = self.rooms.get_mut(&entry.room()) {
            held.bytes -= bytes;
        }
        self.messages -= u64::from(entry.is_message());
    }

    /// Forgets a key, and removes the entry that has it.
    fn forget_key(&mut self, sender: UserId, key: &ClientKey) {
        if let Some((room, seq)) = self.by_key.get(sender, key.as_str()).map(|entry| (entry.room(), entry.seq())) {
            self.remove(room, vec![seq]);
        }
        self.ended_keys.forget(sender, key);
    }

    fn entry(&self, room: RoomId, seq: Seq) -> Option<&EphemeralEntry> {
        self.rooms.get(&room)?.by_seq.get(seq)
    }

    fn addressed(&self, key: &EphemeralKey) -> Option<&EphemeralEntry> {
        self.by_key.get(key.sender, key.key.as_str()).filter(|entry| entry.room() == key.room)
    }
}

fn cost_bytes(entry: &EphemeralEntry) -> u64 {
    let tombstone_bytes = if entry.is_bare_tombstone() { TOMBSTONE_PLACES_BYTES } else { 0 };
    PLACES_BYTES + tombstone_bytes + entry.held_bytes() as u64
}
