//! The keys of ephemeral messages that have ended: a late retry is answered as a duplicate. Pure. Must not know the texts.

#![deny(clippy::disallowed_methods)]

use std::collections::{BTreeSet, HashMap};

use chat_proto::ids::{ClientKey, UserId};
use chat_proto::time::UnixMillis;

use crate::live::{EphemeralEntry, KEY_KEPT_MS, KeyUse};

/// The keys of ended messages.
#[derive(Debug, Default)]
pub(super) struct EndedKeys {
    uses: HashMap<(UserId, ClientKey), KeyUse>,
    /// Invariant: holds each of `uses` once, by the end of its message.
    ends: BTreeSet<(UnixMillis, UserId, ClientKey)>,
}

impl EndedKeys {
    pub(super) fn len(&self) -> usize {
        self.uses.len()
    }

    pub(super) fn get(&self, sender: UserId, key: &ClientKey) -> Option<&KeyUse> {
        self.uses.get(&(sender, key.clone()))
    }

    /// Remembers the key of an entry that is removed.
    pub(super) fn remember(&mut self, entry: &EphemeralEntry) {
        let (sender, key) = (entry.sender(), entry.key().key);
        self.ends.insert((entry.expires_at(), sender, key.clone()));
        self.uses.insert((sender, key), entry.key_use());
    }

    pub(super) fn forget(&mut self, sender: UserId, key: &ClientKey) {
        if let Some(used) = self.uses.remove(&(sender, key.clone())) {
            self.ends.remove(&(used.expires_at, sender, key.clone()));
        }
    }

    /// Forgets the key of the message that ended first. Returns whether there was one.
    pub(super) fn forget_oldest(&mut self) -> bool {
        let Some((_, sender, key)) = self.ends.pop_first() else { return false };
        self.uses.remove(&(sender, key));
        true
    }

    /// Forgets the keys that nobody retries any more; returns how many.
    pub(super) fn sweep(&mut self, now: UnixMillis) -> u64 {
        let mut swept = 0;
        while self.ends.first().is_some_and(|(ended, ..)| now >= ended.plus_ms(KEY_KEPT_MS)) {
            swept += u64::from(self.forget_oldest());
        }
        swept
    }
}
