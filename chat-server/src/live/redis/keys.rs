//! The names of keys. All stand below `{PREFIX}:EPOCH:`, in one slot of a cluster; nothing else is ever touched.
//!
//! | key | type | holds | ends |
//! |---|---|---|---|
//! | `room:ROOM:entries` | hash | `SENDER:KEY` → an ephemeral message or its tombstone | a minute after its last message |
//! | `room:ROOM:ends` | sorted set | `SENDER:KEY` by its end, in milliseconds since 1970 | with it |
//! | `room:ROOM:alive` | sorted set | the messages among them | with it |
//! | `room:ROOM:deleted` | sorted set | the tombstones among them without a former text, by the number of the deletion | with it |
//! | `room:ROOM:shares` | hash | `SENDER`, and `all` → bytes of their entries; `d:…` → those of such tombstones | with it |
//! | `shares` | hash | the same over all rooms | a minute after the last message |
//! | `rooms` | sorted set | rooms with entries, by their last end | by the sweep, or a minute after the last message |
//! | `key:SENDER:KEY` | string | which message a sender's key stands for | ten minutes after the message |
//! | `leases` | hash | `NODE:CONNECTION` → user, availability, end | when nobody renews any |
//! | `typing:ROOM` | sorted set | `NODE:CONNECTION:USER` by when typing ends | ten seconds after the last report |
//! | `trending:ROOM` | string | trending words with their scores | after a day |
//! | `bucket:WHAT:WHO` | string | tokens, and when they were counted | when it is full |
//! | `life` | string | nothing: a marker that Redis can be written and still has its data | eight days after the last probe |
//! | `probe`, `probe:fields` | string, hash | nothing: they show the user's rights | after a second |
//!
//! Only chat-server writes them. `chat-server doctor` writes `{PREFIX}:doctor:PID` and `{PREFIX}:doctor:PID:fields`, beside
//! them, for ten seconds at most. Must not know what is done with them.

use chat_proto::ids::{ClientKey, Epoch, RoomId, UserId};

use crate::live::{BucketKey, EphemeralKey};

/// Makes the key names of one epoch.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    base: String,
}

impl Keys {
    pub(super) fn new(prefix: &str, epoch: &Epoch) -> Self {
        Self { base: format!("{{{prefix}}}:{}", epoch.0) }
    }

    pub(super) fn entries(&self, room: RoomId) -> String {
        format!("{}:room:{room}:entries", self.base)
    }

    pub(super) fn ends(&self, room: RoomId) -> String {
        format!("{}:room:{room}:ends", self.base)
    }

    pub(super) fn alive(&self, room: RoomId) -> String {
        format!("{}:room:{room}:alive", self.base)
    }

    pub(super) fn room_shares(&self, room: RoomId) -> String {
        format!("{}:room:{room}:shares", self.base)
    }

    pub(super) fn all_shares(&self) -> String {
        format!("{}:shares", self.base)
    }

    pub(super) fn deleted(&self, room: RoomId) -> String {
        format!("{}:room:{room}:deleted", self.base)
    }

    /// The keys of a room's entries, in the order the scripts take them.
    pub(super) fn room(&self, room: RoomId) -> [String; 6] {
        let (shares, all_shares) = (self.room_shares(room), self.all_shares());
        [self.entries(room), self.ends(room), self.alive(room), shares, all_shares, self.deleted(room)]
    }

    pub(super) fn rooms(&self) -> String {
        format!("{}:rooms", self.base)
    }

    pub(super) fn key(&self, sender: UserId, key: &ClientKey) -> String {
        format!("{}:key:{sender}:{key}", self.base)
    }

    pub(super) fn leases(&self) -> String {
        format!("{}:leases", self.base)
    }

    pub(super) fn typing(&self, room: RoomId) -> String {
        format!("{}:typing:{room}", self.base)
    }

    pub(super) fn trending(&self, room: RoomId) -> String {
        format!("{}:trending:{room}", self.base)
    }

    pub(super) fn bucket(&self, bucket: &BucketKey) -> String {
        format!("{}:bucket:{}", self.base, bucket.as_str())
    }

    pub(super) fn life(&self) -> String {
        format!("{}:life", self.base)
    }

    pub(super) fn probe(&self) -> String {
        format!("{}:probe", self.base)
    }
}

/// The field of an entry.
pub(super) fn field(key: &EphemeralKey) -> String {
    format!("{}:{}", key.sender, key.key)
}
