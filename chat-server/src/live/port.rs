//! What a live store can do. Must not know how any of them does it.

use std::sync::Arc;

use chat_proto::ids::{ClientKey, RoomId, Seq, UserId};
use chat_proto::message::Item;
use chat_proto::time::UnixMillis;
use tokio::sync::watch;

use super::{
    EphemeralEntry, EphemeralKey, Evicted, KeyUse, Lease, LeaseId, LinkFigures, LiveReply, Put, TrendingMirror, Typist,
    Usage,
};
use crate::limits::{BucketRule, Take};

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

/// A store of what expires. Used as `Arc<dyn Live>`.
///
/// Every operation is submitted before the call returns and never blocks; its answer is the [`LiveReply`]. Operations on
/// one room are carried out in the order of submission. Time is always handed in: an entry is alive while
/// `now < expires_at`, whatever was written around it since, and expired entries are never answered, swept or not.
///
/// Memory is bounded: [`LiveError::RoomFull`](super::LiveError::RoomFull) and [`Full`](super::LiveError::Full) refuse
/// what does not fit; nothing that is alive is ever dropped to make room.
pub trait Live: Send + Sync {
    /// Keeps a new ephemeral message until its end, once: a key its sender used before is answered with the first
    /// use and changes nothing.
    ///
    /// # Errors
    /// `RoomFull`, `Full`, `Busy`: nothing was kept. `Unavailable`: not known; see [`undo`](Self::undo).
    fn put(&self, entry: EphemeralEntry, now: UnixMillis) -> LiveReply<Put>;

    /// Sets an alive entry to a new state, an edited message or `Deleted`; its end stays. `false` where nothing alive
    /// is addressed, or a tombstone; then nothing is kept (no resurrection). Of two states the one with the higher `item.changed` stays.
    ///
    /// # Errors
    /// As [`put`](Self::put); `NotEphemeral` where the new state does not fit the entry.
    fn replace(&self, key: EphemeralKey, item: Item, now: UnixMillis) -> LiveReply<bool>;

    /// Sets an alive entry back to a state it had, after a change that was refused. As [`undo`](Self::undo), it is put
    /// off where the store is away, and never given up.
    fn restore(&self, key: EphemeralKey, item: Item, now: UnixMillis) -> LiveReply<()>;

    /// Takes back a post that was refused: the entry and its key go, if they still carry `seq`. A later try with the
    /// same key is not touched. Harmless where nothing was kept, and when done twice. Where the store is
    /// away it is put off, and done before anything else once it is back.
    fn undo(&self, key: EphemeralKey, seq: Seq) -> LiveReply<()>;

    /// All alive entries of a room, tombstones included, by rising `seq`. For a room that starts.
    fn load(&self, room: RoomId, now: UnixMillis) -> LiveReply<Vec<EphemeralEntry>>;

    /// The first use of a sender's key, while it is remembered: to its message's end and
    /// [`KEY_KEPT_MS`](super::KEY_KEPT_MS) more.
    fn key_use(&self, sender: UserId, key: ClientKey, now: UnixMillis) -> LiveReply<Option<KeyUse>>;

    /// Forgets all entries of a room that closed; their keys stay remembered.
    fn clear_room(&self, room: RoomId) -> LiveReply<()>;

    /// Lets go of what expired. Called every few seconds; what is read never depends on it.
    fn sweep(&self, now: UnixMillis) -> LiveReply<Evicted>;

    /// Counts what is alive in all rooms, and the bytes held.
    fn usage(&self, now: UnixMillis) -> LiveReply<Usage>;

    /// Begins or renews leases; each id has one lease, the last one written.
    fn renew_leases(&self, leases: Vec<Lease>) -> LiveReply<()>;

    /// Ends leases before their time. Unknown ids are passed over.
    fn end_leases(&self, ids: Vec<LeaseId>) -> LiveReply<()>;

    /// All leases that hold at `now`, of all processes, by id.
    fn leases(&self, now: UnixMillis) -> LiveReply<Vec<Lease>>;

    /// Mirrors who types where, each until their end; those whose end is over at `now` are forgotten.
    fn mirror_typing(&self, typists: Vec<Typist>, now: UnixMillis) -> LiveReply<()>;

    /// Who types in a room at `now`, over all processes, by connection.
    fn typists(&self, room: RoomId, now: UnixMillis) -> LiveReply<Vec<Typist>>;

    /// Mirrors the trending words of a room, for [`TRENDING_KEPT_MS`](super::TRENDING_KEPT_MS) after their moment; no words
    /// end the mirror at once.
    fn mirror_trending(&self, room: RoomId, mirror: TrendingMirror) -> LiveReply<()>;

    /// The mirrored trending words of a room; `None` where none are kept.
    fn mirrored_trending(&self, room: RoomId, now: UnixMillis) -> LiveReply<Option<TrendingMirror>>;

    /// Takes `cost` tokens from a shared bucket, made full at first sight.
    fn take(&self, bucket: BucketKey, rule: BucketRule, cost: u32, now: UnixMillis) -> LiveReply<Take>;

    /// Whether the store can be used just now; changes are told.
    fn availability(&self) -> watch::Receiver<bool>;

    /// How often the store has lost what it held; changes are told before anything else is carried out.
    fn losses(&self) -> watch::Receiver<u64>;

    /// What the way to the store has seen; none where it is in this process.
    fn link_figures(&self) -> Option<LinkFigures> {
        None
    }
}
