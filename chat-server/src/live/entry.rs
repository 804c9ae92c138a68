//! An ephemeral message as the live store keeps it. Must not know rooms' rules or sockets.

use std::sync::Arc;

use chat_proto::ids::{ClientKey, RoomId, Seq, UserId};
use chat_proto::message::{Content, Item};
use chat_proto::time::UnixMillis;

use super::LiveError;
use crate::post_digest::{self, PostDigest};

/// How long a sender's key is remembered after its message ended, in milliseconds: longer than a client takes to reconnect
/// and retry, so that a late retry is answered as a duplicate instead of appearing again.
pub const KEY_KEPT_MS: u64 = 10 * 60 * 1_000;

/// The address of an ephemeral post. Sender and key together are unique over all rooms.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EphemeralKey {
    /// The room.
    pub room: RoomId,
    /// The sender.
    pub sender: UserId,
    /// The sender's key.
    pub key: ClientKey,
}

/// One ephemeral message with its own end, or its tombstone until that end. A clone shares the memory: a room and the live store
/// hold the same message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EphemeralEntry(Arc<State>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct State {
    key: EphemeralKey,
    item: Item,
    expires_at: UnixMillis,
    digest: PostDigest,
    /// Its states before the changes that are not confirmed, newest first. Empty but for an entry that was just loaded.
    former: Vec<Item>,
}

impl EphemeralEntry {
    /// The entry of a new message.
    ///
    /// # Errors
    /// [`LiveError::NotEphemeral`] if `item` is no message or has no `expires_at`.
    pub fn message(key: EphemeralKey, item: Item) -> Result<Self, LiveError> {
        match &item.content {
            Content::Message(message) => {
                let expires_at = message.expires_at.ok_or(LiveError::NotEphemeral)?;
                let digest = post_digest::of(key.room, message.body.as_str());
                Ok(Self::kept(key, item, expires_at, digest))
            }
            _ => Err(LiveError::NotEphemeral),
        }
    }

    /// An entry read from the store.
    pub(super) fn kept(key: EphemeralKey, item: Item, expires_at: UnixMillis, digest: PostDigest) -> Self {
        Self(Arc::new(State { key, item, expires_at, digest, former: Vec::new() }))
    }

    /// The entry in other states, the present one first.
    fn in_states(&self, item: Item, former: Vec<Item>) -> Self {
        let State { key, expires_at, digest, .. } = &*self.0;
        Self(Arc::new(State { key: key.clone(), item, expires_at: *expires_at, digest: *digest, former }))
    }

    /// The entry with the states before the changes that are not confirmed, newest first.
    #[must_use]
    pub fn with_former(self, former: Vec<Item>) -> Self {
        if former == self.0.former { self } else { self.in_states(self.0.item.clone(), former) }
    }

    /// Its states, newest first.
    pub fn states(&self) -> impl Iterator<Item = &Item> {
        std::iter::once(&self.0.item).chain(&self.0.former)
    }

    /// Its states before the changes that are not confirmed, newest first.
    pub fn former(&self) -> &[Item] {
        &self.0.former
    }

    /// As [`Self::changed_to`], but the present state is kept as a former one until the change is confirmed or revoked.
    ///
    /// # Errors
    /// As [`Self::changed_to`].
    pub fn replaced_by(&self, item: Item) -> Result<Self, LiveError> {
        let former = self.states().cloned().collect();
        Ok(self.changed_to(item)?.with_former(former))
    }

    /// The entry without the states from before a change that stands.
    #[must_use]
    pub fn confirmed(self, changed: Seq) -> Self {
        let newer = self.states().position(|state| state.changed == changed).unwrap_or(self.0.former.len());
        let former = self.0.former[..newer].to_vec();
        self.with_former(former)
    }

    /// The entry without the state that a refused change made. Unchanged if no former state is known.
    #[must_use]
    pub fn revoked(self, changed: Seq) -> Self {
        if self.0.item.changed != changed {
            let former = self.0.former.iter().filter(|state| state.changed != changed).cloned().collect();
            return self.with_former(former);
        }
        match self.0.former.split_first() {
            Some((item, former)) => self.in_states(item.clone(), former.to_vec()),
            None => self,
        }
    }

    /// The entry in its newest state that no refused change made, without the former ones.
    #[must_use]
    pub fn standing(self, is_refused: impl Fn(Seq) -> bool) -> Self {
        let oldest = self.0.former.last().unwrap_or(&self.0.item);
        let item = self.states().find(|state| !is_refused(state.changed)).unwrap_or(oldest).clone();
        if item == self.0.item && self.0.former.is_empty() { self } else { self.in_states(item, Vec::new()) }
    }

    /// The entry in a new state: an edited message with the same end, or `Deleted`. The former text is gone with the former
    /// state.
    ///
    /// # Errors
    /// [`LiveError::NotEphemeral`] if `item` is of another kind, has another `seq`, or is a message with another end.
    pub fn changed_to(&self, item: Item) -> Result<Self, LiveError> {
        let keeps_end = match &item.content {
            Content::Message(message) => message.expires_at == Some(self.0.expires_at),
            Content::Deleted { .. } => true,
            _ => false,
        };
        if !keeps_end || item.seq != self.0.item.seq {
            return Err(LiveError::NotEphemeral);
        }
        Ok(self.in_states(item, Vec::new()))
    }

    /// The digest of the text it was posted with.
    pub fn digest(&self) -> PostDigest {
        self.0.digest
    }

    /// Its address.
    pub fn key(&self) -> &EphemeralKey {
        &self.0.key
    }

    /// Its present state.
    pub fn item(&self) -> &Item {
        &self.0.item
    }

    /// When it ends.
    pub fn expires_at(&self) -> UnixMillis {
        self.0.expires_at
    }

    /// Whether it is alive at `now`; at the instant of its end it is not.
    pub fn is_alive(&self, now: UnixMillis) -> bool {
        now < self.0.expires_at
    }

    /// Whether it is a message, not a tombstone.
    pub fn is_message(&self) -> bool {
        matches!(self.0.item.content, Content::Message(_))
    }
}

/// The outcome of a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is stored under its number.
    Stored,
    /// The sender used this key before. Nothing was changed; the number assigned to this post stays unused.
    KeyHeld(Box<KeyUse>),
}

/// The first use of a sender's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUse {
    /// The room.
    pub room: RoomId,
    /// The message's number.
    pub seq: Seq,
    /// When it was accepted.
    pub at: UnixMillis,
    /// When the message ends, or ended.
    pub expires_at: UnixMillis,
    /// The digest of the posted text: a retry has the same, also after an edit or the end.
    pub digest: PostDigest,
}

/// The items that a sweep removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evicted {
    /// Expired entries.
    pub entries: u64,
    /// Expired keys, leases and full buckets.
    pub others: u64,
}

/// The contents of the live store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Alive messages. A server that starts on demand does not stop while there is one.
    pub alive: u64,
    /// Bytes held for entries, including those not yet swept.
    pub bytes: u64,
}
