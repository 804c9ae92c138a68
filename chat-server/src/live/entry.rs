//! An ephemeral message as the live store keeps it. Must not know rooms' rules or sockets.

use chat_proto::ids::{ClientKey, RoomId, Seq, UserId};
use chat_proto::message::{Content, Item};
use chat_proto::time::UnixMillis;

use super::LiveError;
use crate::post_digest::{self, PostDigest};

/// How long a sender's key is remembered after its message ended, in milliseconds: longer than a client that lost its
/// connection takes to come back and ask again, so that a late retry is told "duplicate" instead of being shown again.
pub const KEY_KEPT_MS: u64 = 10 * 60 * 1_000;

/// What an ephemeral post is addressed by. Sender and key together are unique over all rooms.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EphemeralKey {
    /// Where it was posted.
    pub room: RoomId,
    /// Who posted it.
    pub sender: UserId,
    /// The key the sender gave it.
    pub key: ClientKey,
}

/// One ephemeral message with its own end, or the tombstone it left until that end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EphemeralEntry {
    key: EphemeralKey,
    item: Item,
    expires_at: UnixMillis,
    digest: PostDigest,
}

impl EphemeralEntry {
    /// A message that has an end.
    ///
    /// # Errors
    /// [`LiveError::NotEphemeral`] where `item` is no message or has no `expires_at`.
    pub fn message(key: EphemeralKey, item: Item) -> Result<Self, LiveError> {
        match &item.content {
            Content::Message(message) => {
                let expires_at = message.expires_at.ok_or(LiveError::NotEphemeral)?;
                let digest = post_digest::of(key.room, message.body.as_str());
                Ok(Self { key, item, expires_at, digest })
            }
            _ => Err(LiveError::NotEphemeral),
        }
    }

    /// An entry as another process kept it.
    pub(super) fn kept(key: EphemeralKey, item: Item, expires_at: UnixMillis, digest: PostDigest) -> Self {
        Self { key, item, expires_at, digest }
    }

    /// The entry with its item in a new state: an edited message with the same end, or `Deleted`. The text of the old
    /// state is gone with it.
    ///
    /// # Errors
    /// [`LiveError::NotEphemeral`] where `item` is another kind, another `seq`, or a message with another end.
    pub fn changed_to(&self, item: Item) -> Result<Self, LiveError> {
        let keeps_end = match &item.content {
            Content::Message(message) => message.expires_at == Some(self.expires_at),
            Content::Deleted { .. } => true,
            _ => false,
        };
        if !keeps_end || item.seq != self.item.seq {
            return Err(LiveError::NotEphemeral);
        }
        Ok(Self { key: self.key.clone(), item, ..*self })
    }

    /// Of the text it was posted with.
    pub fn digest(&self) -> PostDigest {
        self.digest
    }

    /// What it is addressed by.
    pub fn key(&self) -> &EphemeralKey {
        &self.key
    }

    /// Its present state.
    pub fn item(&self) -> &Item {
        &self.item
    }

    /// When it ends, exactly.
    pub fn expires_at(&self) -> UnixMillis {
        self.expires_at
    }

    /// Whether it is still there at `now`: at the instant of its end it is not.
    pub fn is_alive(&self, now: UnixMillis) -> bool {
        now < self.expires_at
    }

    /// Whether it is a message, not the tombstone of one.
    pub fn is_message(&self) -> bool {
        matches!(self.item.content, Content::Message(_))
    }
}

/// What became of a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is there, under the number it was given.
    Stored,
    /// The sender used this key before; nothing was changed, and the number given for this try stays unused.
    KeyHeld(Box<KeyUse>),
}

/// The first use of a sender's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUse {
    /// In which room.
    pub room: RoomId,
    /// The number it got.
    pub seq: Seq,
    /// When it was accepted.
    pub at: UnixMillis,
    /// When it ends, or ended.
    pub expires_at: UnixMillis,
    /// Of the text it was posted with: a retry has the same, also after an edit or the end.
    pub digest: PostDigest,
}

/// What a sweep let go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evicted {
    /// Entries whose time was up.
    pub entries: u64,
    /// Keys, leases and buckets that say nothing any more.
    pub others: u64,
}

/// What the live store holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Messages that are alive; a server that starts by itself does not stop while there is one.
    pub alive: u64,
    /// Bytes held for entries, those not yet swept included.
    pub bytes: u64,
}
