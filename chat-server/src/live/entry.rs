//! An ephemeral message as the live store keeps it. Must not know rooms' rules or sockets.

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

/// One ephemeral message with its own end, or its tombstone until that end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EphemeralEntry {
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
                Ok(Self { key, item, expires_at, digest, former: Vec::new() })
            }
            _ => Err(LiveError::NotEphemeral),
        }
    }

    /// An entry read from the store.
    pub(super) fn kept(key: EphemeralKey, item: Item, expires_at: UnixMillis, digest: PostDigest) -> Self {
        Self { key, item, expires_at, digest, former: Vec::new() }
    }

    /// The entry with the states before the changes that are not confirmed, newest first.
    #[must_use]
    pub fn with_former(self, former: Vec<Item>) -> Self {
        Self { former, ..self }
    }

    /// Its states, newest first.
    pub fn states(&self) -> impl Iterator<Item = &Item> {
        std::iter::once(&self.item).chain(&self.former)
    }

    /// Its states before the changes that are not confirmed, newest first.
    pub fn former(&self) -> &[Item] {
        &self.former
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
    pub fn confirmed(mut self, changed: Seq) -> Self {
        let newer = self.states().position(|state| state.changed == changed);
        self.former.truncate(newer.unwrap_or(self.former.len()));
        self
    }

    /// The entry without the state that a refused change made. Unchanged if no former state is known.
    #[must_use]
    pub fn revoked(mut self, changed: Seq) -> Self {
        if self.item.changed != changed {
            self.former.retain(|state| state.changed != changed);
        } else if !self.former.is_empty() {
            self.item = self.former.remove(0);
        }
        self
    }

    /// The entry in its newest state that no refused change made, without the former ones.
    #[must_use]
    pub fn standing(self, is_refused: impl Fn(Seq) -> bool) -> Self {
        let mut item = self.item;
        for former in self.former {
            if !is_refused(item.changed) {
                break;
            }
            item = former;
        }
        Self { item, former: Vec::new(), ..self }
    }

    /// The entry in a new state: an edited message with the same end, or `Deleted`. The former text is gone with the former
    /// state.
    ///
    /// # Errors
    /// [`LiveError::NotEphemeral`] if `item` is of another kind, has another `seq`, or is a message with another end.
    pub fn changed_to(&self, item: Item) -> Result<Self, LiveError> {
        let keeps_end = match &item.content {
            Content::Message(message) => message.expires_at == Some(self.expires_at),
            Content::Deleted { .. } => true,
            _ => false,
        };
        if !keeps_end || item.seq != self.item.seq {
            return Err(LiveError::NotEphemeral);
        }
        Ok(Self { key: self.key.clone(), item, former: Vec::new(), ..*self })
    }

    /// The digest of the text it was posted with.
    pub fn digest(&self) -> PostDigest {
        self.digest
    }

    /// Its address.
    pub fn key(&self) -> &EphemeralKey {
        &self.key
    }

    /// Its present state.
    pub fn item(&self) -> &Item {
        &self.item
    }

    /// When it ends.
    pub fn expires_at(&self) -> UnixMillis {
        self.expires_at
    }

    /// Whether it is alive at `now`; at the instant of its end it is not.
    pub fn is_alive(&self, now: UnixMillis) -> bool {
        now < self.expires_at
    }

    /// Whether it is a message, not a tombstone.
    pub fn is_message(&self) -> bool {
        matches!(self.item.content, Content::Message(_))
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
