//! The ephemeral messages in memory: by room and number, by key, and by end. Pure. Must not know locks or tasks.

#![deny(clippy::disallowed_methods)]

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use chat_proto::ids::{ClientKey, RoomId, Seq, UserId};
use chat_proto::message::{Content, Item};
use chat_proto::time::UnixMillis;

use crate::live::{EphemeralEntry, EphemeralKey, KEY_KEPT_MS, KeyUse, LiveError, Put};
use crate::post_digest::PostDigest;

/// The overhead of an entry: the item, its places in the maps of the store and of its room, and their spare capacity. Measured: a
/// server's resident memory grows by the text and 870 bytes with each of 20,000 messages.
const ENTRY_OVERHEAD_BYTES: u64 = 900;
/// Expired entries that one write removes, so that steady writing never piles them up.
const TRIM_PER_WRITE: usize = 16;

/// The limits of ephemeral messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryCaps {
    /// Bytes of one account, in all rooms.
    pub account_bytes: u64,
    /// Bytes of one room.
    pub room_bytes: u64,
    /// Bytes of all rooms.
    pub total_bytes: u64,
    /// Keys remembered. Those of ended messages are forgotten first, oldest end first.
    pub keys: usize,
}

impl Default for MemoryCaps {
    fn default() -> Self {
        let mib = 1024 * 1024;
        Self { account_bytes: 4 * mib, room_bytes: 16 * mib, total_bytes: 128 * mib, keys: 200_000 }
    }
}

/// The memory of a used key.
#[derive(Clone, Copy, Debug)]
struct UsedKey {
    room: RoomId,
    seq: Seq,
    at: UnixMillis,
    expires_at: UnixMillis,
    digest: PostDigest,
}

#[derive(Debug, Default)]
struct RoomEntries {
    by_seq: BTreeMap<Seq, EphemeralEntry>,
    bytes: u64,
}

/// All ephemeral messages.
#[derive(Debug, Default)]
pub(super) struct Entries {
    rooms: HashMap<RoomId, RoomEntries>,
    /// Invariant: each entry in `rooms` is here once, under its own end.
    ends: BTreeSet<(UnixMillis, RoomId, Seq)>,
    /// Invariant: each entry in `rooms` that is alive has its key here.
    keys: HashMap<(UserId, ClientKey), UsedKey>,
    /// The keys by the end of their messages.
    key_ends: BTreeSet<(UnixMillis, UserId, ClientKey)>,
    bytes: u64,
    /// The bytes by sender. Invariant: no zeros.
    account_bytes: HashMap<UserId, u64>,
    /// Messages in `rooms`, tombstones not counted.
    messages: u64,
}

impl Entries {
    pub(super) fn put(&mut self, entry: EphemeralEntry, caps: MemoryCaps, now: UnixMillis) -> Result<Put, LiveError> {
        self.trim(now, TRIM_PER_WRITE);
        let EphemeralKey { room, sender, key } = entry.key().clone();
        if let Some(held) = self.key_use(sender, &key, now) {
            return Ok(Put::KeyHeld(Box::new(held)));
        }
        self.check_space((room, sender), cost_bytes(&entry), caps, now)?;
        self.check_keys(caps, now)?;
        let (seq, expires_at) = (entry.item().seq, entry.expires_at());
        // An expired key may not be swept yet; the new use replaces it.
        self.forget_key(sender, &key);
        let used = UsedKey { room, seq, at: entry.item().at, expires_at, digest: entry.digest() };
        self.keys.insert((sender, key.clone()), used);
        self.key_ends.insert((expires_at, sender, key));
        self.insert(entry);
        Ok(Put::Stored)
    }

    pub(super) fn replace(
        &mut self,
        key: &EphemeralKey,
        item: Item,
        caps: MemoryCaps,
        now: UnixMillis,
    ) -> Result<bool, LiveError> {
        let is_message = self.addressed(key).is_some_and(EphemeralEntry::is_message);
        if is_message { self.set(key, item, EphemeralEntry::replaced_by, (caps, now)) } else { Ok(false) }
    }

    /// As [`Self::replace`], but the state stands alone, and a deleted message may come back.
    pub(super) fn restore(
        &mut self,
        key: &EphemeralKey,
        item: Item,
        caps: MemoryCaps,
        now: UnixMillis,
    ) -> Result<bool, LiveError> {
        self.set(key, item, EphemeralEntry::changed_to, (caps, now))
    }

    fn set(
        &mut self,
        key: &EphemeralKey,
        item: Item,
        change: fn(&EphemeralEntry, Item) -> Result<EphemeralEntry, LiveError>,
        (caps, now): (MemoryCaps, UnixMillis),
    ) -> Result<bool, LiveError> {
        self.trim(now, TRIM_PER_WRITE);
        let Some(old) = self.addressed(key).filter(|entry| entry.is_alive(now)) else { return Ok(false) };
        let new = change(old, item)?;
        if new.item().changed <= old.item().changed {
            return Ok(true);
        }
        let growth_bytes = cost_bytes(&new).saturating_sub(cost_bytes(old));
        // A deletion holds the former state for a moment only, and is what helps when there is no space.
        if growth_bytes > 0 && new.is_message() {
            self.check_space((key.room, key.sender), growth_bytes, caps, now)?;
        }
        self.insert(new);
        Ok(true)
    }

    /// Updates the entry that has this key and number, if there is one.
    pub(super) fn update(
        &mut self,
        key: &EphemeralKey,
        seq: Seq,
        update: impl FnOnce(EphemeralEntry) -> EphemeralEntry,
    ) {
        if let Some(entry) = self.addressed(key).filter(|entry| entry.item().seq == seq).cloned() {
            self.insert(update(entry));
        }
    }

    pub(super) fn undo(&mut self, key: &EphemeralKey, seq: Seq) {
        let holder = (key.sender, key.key.clone());
        let is_same = |used: &UsedKey| used.room == key.room && used.seq == seq;
        if self.keys.get(&holder).is_some_and(is_same) {
            self.forget_key(key.sender, &key.key);
            self.remove(key.room, seq);
        }
    }

    pub(super) fn alive_in(&self, room: RoomId, now: UnixMillis) -> Vec<EphemeralEntry> {
        let entries = self.rooms.get(&room).map(|entries| entries.by_seq.values());
        entries.into_iter().flatten().filter(|entry| entry.is_alive(now)).cloned().collect()
    }

    pub(super) fn rooms_alive(&self, now: UnixMillis) -> Vec<RoomId> {
        let is_alive = |held: &RoomEntries| held.by_seq.values().any(|entry| entry.is_alive(now));
        self.rooms.iter().filter(|(_, held)| is_alive(held)).map(|(room, _)| *room).collect()
    }

    pub(super) fn key_use(&self, sender: UserId, key: &ClientKey, now: UnixMillis) -> Option<KeyUse> {
        let used = self.keys.get(&(sender, key.clone()))?;
        if now >= used.expires_at.plus_ms(KEY_KEPT_MS) {
            return None;
        }
        let UsedKey { room, seq, at, expires_at, digest } = *used;
        Some(KeyUse { room, seq, at, expires_at, digest })
    }

    pub(super) fn clear_room(&mut self, room: RoomId) {
        let seqs: Vec<Seq> = self.rooms.get(&room).map(|r| r.by_seq.keys().copied().collect()).unwrap_or_default();
        for seq in seqs {
            self.remove(room, seq);
        }
    }

    /// Removes everything that expired, and the keys that nobody retries any more. Returns both counts.
    pub(super) fn sweep(&mut self, now: UnixMillis) -> (u64, u64) {
        let entries = self.trim(now, usize::MAX);
        let mut keys = 0;
        while let Some((ended, sender, key)) = self.key_ends.first().cloned() {
            if now < ended.plus_ms(KEY_KEPT_MS) {
                break;
            }
            self.forget_key(sender, &key);
            keys += 1;
        }
        (entries, keys)
    }

    /// Alive messages and the bytes of all entries. Sweeps, so that both are exact.
    pub(super) fn usage(&mut self, now: UnixMillis) -> (u64, u64) {
        self.sweep(now);
        (self.messages, self.bytes)
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
        while self.keys.len() >= caps.keys {
            match self.key_ends.first().cloned() {
                Some((ended, sender, key)) if ended <= now => {
                    self.forget_key(sender, &key);
                }
                _ => return Err(LiveError::Full { limit_bytes: caps.total_bytes }),
            }
        }
        Ok(())
    }

    fn trim(&mut self, now: UnixMillis, at_most: usize) -> u64 {
        let mut gone = 0;
        while gone < at_most {
            match self.ends.first().copied() {
                Some((end, room, seq)) if end <= now => self.remove(room, seq),
                _ => break,
            }
            gone += 1;
        }
        gone as u64
    }

    fn insert(&mut self, entry: EphemeralEntry) {
        let (room, seq, bytes) = (entry.key().room, entry.item().seq, cost_bytes(&entry));
        // Rooms never assign a number twice; if one did, the sums must still hold.
        self.remove(room, seq);
        self.ends.insert((entry.expires_at(), room, seq));
        self.bytes += bytes;
        *self.account_bytes.entry(entry.key().sender).or_default() += bytes;
        self.messages += u64::from(entry.is_message());
        let held = self.rooms.entry(room).or_default();
        held.bytes += bytes;
        held.by_seq.insert(seq, entry);
    }

    fn remove(&mut self, room: RoomId, seq: Seq) {
        let Some(held) = self.rooms.get_mut(&room) else { return };
        let Some(entry) = held.by_seq.remove(&seq) else { return };
        let bytes = cost_bytes(&entry);
        held.bytes -= bytes;
        if held.by_seq.is_empty() {
            self.rooms.remove(&room);
        }
        self.bytes -= bytes;
        if let Entry::Occupied(mut account) = self.account_bytes.entry(entry.key().sender) {
            *account.get_mut() -= bytes;
            if *account.get() == 0 {
                account.remove();
            }
        }
        self.messages -= u64::from(entry.is_message());
        self.ends.remove(&(entry.expires_at(), room, seq));
    }

    fn forget_key(&mut self, sender: UserId, key: &ClientKey) {
        if let Some(used) = self.keys.remove(&(sender, key.clone())) {
            self.key_ends.remove(&(used.expires_at, sender, key.clone()));
        }
    }

    fn entry(&self, room: RoomId, seq: Seq) -> Option<&EphemeralEntry> {
        self.rooms.get(&room)?.by_seq.get(&seq)
    }

    fn addressed(&self, key: &EphemeralKey) -> Option<&EphemeralEntry> {
        let used = self.keys.get(&(key.sender, key.key.clone()))?;
        if used.room == key.room { self.entry(used.room, used.seq) } else { None }
    }
}

fn cost_bytes(entry: &EphemeralEntry) -> u64 {
    let text = |item: &Item| match &item.content {
        Content::Message(message) => {
            let code = message.code.as_ref().map_or(0, |code| code.as_str().len());
            message.body.as_str().len() + code + size_of_val(message.mentions.as_slice())
        }
        _ => 0,
    };
    let former: usize = entry.former().iter().map(|item| size_of::<Item>() + text(item)).sum();
    ENTRY_OVERHEAD_BYTES + (text(entry.item()) + former) as u64
}
