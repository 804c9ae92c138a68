//! The port of live stores. Must not know how any of them works.

use std::sync::Arc;

use chat_proto::ids::{ClientKey, RoomId, Seq, UserId};
use chat_proto::message::Item;
use chat_proto::time::UnixMillis;
use tokio::sync::watch;

use super::{
    EphemeralEntry, EphemeralKey, Evicted, KeyUse, Lease, LeaseId, LiveReply, Put, TrendingMirror, Typist, Usage,
};
use crate::histogram::Distribution;
use crate::limits::{BucketRule, Take, TokenBucket};

/// A bucket shared by all connections and processes: what is limited, and for whom.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BucketKey(Arc<str>);

impl BucketKey {
    /// The bucket `what` (a short word such as `posts`) of one account.
    pub fn of_user(what: &'static str, user: UserId) -> Self {
        Self(format!("{what}:{user}").into())
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The figures of a connection to a live store of another process since the start, for `/metrics`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkFigures {
    /// How long pipelines took to be answered, in microseconds.
    pub pipeline_us: Distribution,
    /// How often the connection was made again.
    pub reconnects: u64,
    /// Operations that were refused, for any reason.
    pub refused: u64,
}

/// A store of ephemeral messages, leases, mirrors and shared buckets. Used as `Arc<dyn Live>`.
///
/// Every operation is submitted before its call returns and never blocks; the [`LiveReply`] brings the answer.
/// Operations on one room are carried out in the order of the calls. Time is always passed in: an entry is alive while
/// `now < expires_at`, and expired entries are never answered, swept or not.
///
/// Memory is bounded: [`LiveError::AccountFull`](super::LiveError::AccountFull), `RoomFull` and `Full` refuse
/// what does not fit. No message is ever dropped to make room. Tombstones are counted apart and refuse nothing: where theirs
/// are too many, the oldest go, and their keys stay remembered.
pub trait Live: Send + Sync {
    /// Keeps a new ephemeral message until its end, once: if its sender used the key before, nothing changes and the
    /// answer is the first use.
    ///
    /// # Errors
    /// `AccountFull`, `RoomFull`, `Full`, `Busy`: nothing was kept. `Unavailable`: not known; see [`undo`](Self::undo).
    fn put(&self, entry: EphemeralEntry, now: UnixMillis) -> LiveReply<Put>;

    /// Sets an alive message to a new state, an edited message or `Deleted`; its end stays. Of two states the one with
    /// the higher `item.changed` stays. Returns `false`, and keeps nothing, if nothing alive has this key, or a
    /// tombstone has. The former state is kept, too, until the change is [confirmed](Self::confirm) or
    /// [revoked](Self::revoke), perhaps by the next server.
    ///
    /// # Errors
    /// As [`put`](Self::put); `NotEphemeral` if the new state does not fit the entry.
    fn replace(&self, key: EphemeralKey, item: Item, now: UnixMillis) -> LiveReply<bool>;

    /// A change stands: states from before it are forgotten. Deferred while the store is unavailable, as
    /// [`undo`](Self::undo).
    fn confirm(&self, key: EphemeralKey, seq: Seq, changed: Seq) -> LiveReply<()>;

    /// Undoes a refused change of a message: the state from before it comes back, that of a deleted message included.
    /// States from after it stay. Harmless if the change was not kept, and if done twice. Deferred as [`undo`](Self::undo).
    fn revoke(&self, key: EphemeralKey, seq: Seq, changed: Seq) -> LiveReply<()>;

    /// Sets an alive entry to the state that is known to stand; a deleted message comes back. Of two states the one with
    /// the higher `item.changed` stays, alone. Deferred while the store is unavailable and never given up, as
    /// [`undo`](Self::undo).
    fn restore(&self, key: EphemeralKey, item: Item, now: UnixMillis) -> LiveReply<()>;

    /// Undoes a refused post: removes the entry and its key if they still carry `seq`. A later post with the same key
    /// is untouched. Harmless if nothing was kept, and if done twice. While the store is unavailable it is deferred; it
    /// is then the first thing done when the store is back.
    fn undo(&self, key: EphemeralKey, seq: Seq) -> LiveReply<()>;

    /// Returns all alive entries of a room, tombstones included, by rising `seq`, with the former states that are kept. For
    /// a room that starts.
    fn load(&self, room: RoomId, now: UnixMillis) -> LiveReply<Vec<EphemeralEntry>>;

    /// Returns every room that has an alive entry, in any order. May name rooms that have none any more.
    fn rooms_with_entries(&self, now: UnixMillis) -> LiveReply<Vec<RoomId>>;

    /// Returns the first use of a sender's key, while it is remembered: until
    /// [`KEY_KEPT_MS`](super::KEY_KEPT_MS) after its message's end.
    fn key_use(&self, sender: UserId, key: ClientKey, now: UnixMillis) -> LiveReply<Option<KeyUse>>;

    /// Removes all entries of a room that closed. Their keys stay remembered.
    fn clear_room(&self, room: RoomId) -> LiveReply<()>;

    /// Frees the memory of expired entries. Called every few seconds; no answer depends on it.
    fn sweep(&self, now: UnixMillis) -> LiveReply<Evicted>;

    /// Counts alive messages in all rooms, and the bytes held.
    fn usage(&self, now: UnixMillis) -> LiveReply<Usage>;

    /// Begins or renews leases. An id has one lease, the last one written.
    fn renew_leases(&self, leases: Vec<Lease>) -> LiveReply<()>;

    /// Ends leases early. Unknown ids are ignored.
    fn end_leases(&self, ids: Vec<LeaseId>) -> LiveReply<()>;

    /// Returns all leases that hold at `now`, of all processes, by id.
    fn leases(&self, now: UnixMillis) -> LiveReply<Vec<Lease>>;

    /// Mirrors who types where, each until its end. Removes those that have ended at `now`.
    fn mirror_typing(&self, typists: Vec<Typist>, now: UnixMillis) -> LiveReply<()>;

    /// Returns who types in a room at `now`, over all processes, by connection.
    fn typists(&self, room: RoomId, now: UnixMillis) -> LiveReply<Vec<Typist>>;

    /// Mirrors the trending words of a room until [`TRENDING_KEPT_MS`](super::TRENDING_KEPT_MS) after their moment. An
    /// empty list ends the mirror at once.
    fn mirror_trending(&self, room: RoomId, mirror: TrendingMirror) -> LiveReply<()>;

    /// Returns the mirrored trending words of a room; `None` if there are none, or they cannot be read.
    fn mirrored_trending(&self, room: RoomId, now: UnixMillis) -> LiveReply<Option<TrendingMirror>>;

    /// Takes `cost` tokens from a shared bucket. A bucket is full when it is first used.
    fn take(&self, bucket: BucketKey, rule: BucketRule, cost: u32, now: UnixMillis) -> LiveReply<Take>;

    /// Returns a shared bucket as it was left; `None` if it is unknown, and so full.
    fn bucket(&self, bucket: BucketKey, now: UnixMillis) -> LiveReply<Option<TokenBucket>>;

    /// Whether the store can be used now.
    fn availability(&self) -> watch::Receiver<bool>;

    /// How often the store has lost its data. A loss is reported before any other operation is carried out.
    fn losses(&self) -> watch::Receiver<u64>;

    /// Returns the figures of the connection to the store; `None` if the store is in this process.
    fn link_figures(&self) -> Option<LinkFigures> {
        None
    }
}
