//! An ephemeral message as the live store keeps it. Must not know rooms' rules or sockets.

use chat_proto::ids::{RoomId, Seq, UserId};
use chat_proto::message::{Content, Item};
use chat_proto::time::UnixMillis;

use super::LiveError;
use super::key::EphemeralKey;
use super::packed::Packed;
use crate::post_digest::PostDigest;

/// How long a sender's key is remembered after its message ended, in milliseconds: longer than a client takes to reconnect
/// and retry, so that a late retry is answered as a duplicate instead of appearing again.
pub const KEY_KEPT_MS: u64 = 10 * 60 * 1_000;

/// One ephemeral message with its own end, or its tombstone until that end. A clone shares the memory: a room and the live store
/// hold the same message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EphemeralEntry(Packed);

impl EphemeralEntry {
    /// The entry of a new message.
    ///
    /// # Errors
    /// [`LiveError::NotEphemeral`] if `item` is no message or has no `expires_at`.
    pub fn message(key: &EphemeralKey, item: &Item) -> Result<Self, LiveError> {
        match &item.content {
            Content::Message(message) => {
                let expires_at = message.expires_at.ok_or(LiveError::NotEphemeral)?;
                Packed::new(key, item, expires_at, None, Vec::new()).map(Self)
            }
            _ => Err(LiveError::NotEphemeral),
        }
    }

    /// An entry read from the store.
    ///
    /// # Errors
    /// [`LiveError::NotEphemeral`] if `item` is neither a message nor a tombstone.
    pub(super) fn kept(
        key: &EphemeralKey,
        item: &Item,
        expires_at: UnixMillis,
        digest: PostDigest,
    ) -> Result<Self, LiveError> {
        Packed::new(key, item, expires_at, Some(digest), Vec::new()).map(Self)
    }

    /// The entry in other states, the present one first.
    fn in_states(&self, item: &Item, former: Vec<Item>) -> Self {
        let packed = Packed::new(&self.key(), item, self.expires_at(), Some(self.digest()), former);
        Self(packed.expect("invariant: a message or a tombstone"))
    }

    /// The entry with the states before the changes that are not confirmed, newest first.
    #[must_use]
    pub fn with_former(self, former: Vec<Item>) -> Self {
        if former == self.former() { self } else { self.in_states(&self.item(), former) }
    }

    /// Its states, newest first.
    pub fn states(&self) -> impl Iterator<Item = Item> {
        std::iter::once(self.item()).chain(self.former().iter().cloned())
    }

    /// Its states before the changes that are not confirmed, newest first.
    pub fn former(&self) -> &[Item] {
        self.0.former()
    }

    /// As [`Self::changed_to`], but the present state is kept as a former one until the change is confirmed or revoked.
    ///
    /// # Errors
    /// As [`Self::changed_to`].
    pub fn replaced_by(&self, item: &Item) -> Result<Self, LiveError> {
        let former = self.states().collect();
        Ok(self.changed_to(item)?.with_former(former))
    }

    /// The entry without the states from before a change that stands.
    #[must_use]
    pub fn confirmed(self, changed: Seq) -> Self {
        let newer = self.states().position(|state| state.changed == changed).unwrap_or(self.former().len());
        let former = self.former()[..newer].to_vec();
        self.with_former(former)
    }

    /// The entry without the state that a refused change made. Unchanged if no former state is known.
    #[must_use]
    pub fn revoked(self, changed: Seq) -> Self {
        if self.changed() != changed {
            let former = self.former().iter().filter(|state| state.changed != changed).cloned().collect();
            return self.with_former(former);
        }
        match self.former().split_first() {
            Some((item, former)) => self.in_states(item, former.to_vec()),
            None => self,
        }
    }

    /// The entry in its newest state that no refused change made, without the former ones.
    #[must_use]
    pub fn standing(self, is_refused: impl Fn(Seq) -> bool) -> Self {
        let standing = self.states().find(|state| !is_refused(state.changed));
        let item = standing.or_else(|| self.states().last()).unwrap_or_else(|| self.item());
        if item.changed == self.changed() && self.former().is_empty() {
            self
        } else {
            self.in_states(&item, Vec::new())
        }
    }

    /// The entry in a new state: an edited message with the same end, or `Deleted`. The former text is gone with the former
    /// state.
    ///
    /// # Errors
    /// [`LiveError::NotEphemeral`] if `item` is of another kind, has another `seq`, or is a message with another end.
    pub fn changed_to(&self, item: &Item) -> Result<Self, LiveError> {
        let keeps_end = match &item.content {
            Content::Message(message) => message.expires_at == Some(self.expires_at()),
            Content::Deleted { .. } => true,
            _ => false,
        };
        if !keeps_end || item.seq != self.seq() {
            return Err(LiveError::NotEphemeral);
        }
        Ok(self.in_states(item, Vec::new()))
    }

    /// The digest of the text it was posted with.
    pub fn digest(&self) -> PostDigest {
        self.0.digest()
    }

    /// Its address.
    pub fn key(&self) -> EphemeralKey {
        EphemeralKey { room: self.room(), sender: self.sender(), key: self.0.key() }
    }

    /// Its room.
    pub fn room(&self) -> RoomId {
        self.0.room()
    }

    /// Its sender.
    pub fn sender(&self) -> UserId {
        self.0.sender()
    }

    /// Its sender's key, as text.
    pub fn key_text(&self) -> &str {
        self.0.key_text()
    }

    /// Its place in the room.
    pub fn seq(&self) -> Seq {
        self.0.seq()
    }

    /// The number of its last change.
    pub fn changed(&self) -> Seq {
        self.0.changed()
    }

    /// Its present state, unpacked.
    pub fn item(&self) -> Item {
        self.0.item()
    }

    /// The use of its key.
    pub fn key_use(&self) -> KeyUse {
        let (room, seq, at) = (self.room(), self.seq(), self.0.at());
        KeyUse { room, seq, at, expires_at: self.expires_at(), digest: self.digest() }
    }

    /// The memory that it takes, shared by all its clones.
    pub(super) fn held_bytes(&self) -> usize {
        self.0.held_bytes()
    }

    /// When it ends.
    pub fn expires_at(&self) -> UnixMillis {
        self.0.expires_at()
    }

    /// Whether it is alive at `now`; at the instant of its end it is not.
    pub fn is_alive(&self, now: UnixMillis) -> bool {
        now < self.expires_at()
    }

    /// Whether it is a tombstone, and no former text can come back: then it takes no part of the share of texts.
    pub fn is_bare_tombstone(&self) -> bool {
        !self.is_message() && self.former().is_empty()
    }

    /// Whether it is a message, not a tombstone.
    pub fn is_message(&self) -> bool {
        self.0.is_message()
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
