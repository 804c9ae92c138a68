//! The live port over memory: one lock, held for map operations only, so that every answer is ready at once. Must not know
//! rooms' rules.

use std::collections::{BTreeMap, HashMap};

use chat_proto::ids::{ClientKey, RoomId, Seq, UserId};
use chat_proto::message::Item;
use chat_proto::time::UnixMillis;
use parking_lot::Mutex;
use tokio::sync::watch;

use super::caps::MemoryCaps;
use super::entries::Entries;
use crate::limits::{BucketRule, Take, TokenBucket};
use crate::live::{
    BucketKey, EphemeralEntry, EphemeralKey, Evicted, KeyUse, Lease, LeaseId, Live, LiveError, LiveReply, Put,
    TRENDING_KEPT_MS, TrendingMirror, Typist, Usage,
};

/// The most shared buckets remembered at once; full ones are forgotten first.
const BUCKETS_MAX: usize = 100_000;

/// The live store in memory.
#[derive(Debug)]
pub struct MemoryLive {
    caps: MemoryCaps,
    state: Mutex<State>,
    /// Memory is always available. The sender lives as long as the store, so that receivers never see it closed.
    is_available: watch::Sender<bool>,
    /// Memory loses nothing.
    losses: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    entries: Entries,
    leases: BTreeMap<LeaseId, Lease>,
    typists: BTreeMap<(RoomId, LeaseId), Typist>,
    trending: HashMap<RoomId, TrendingMirror>,
    buckets: HashMap<BucketKey, (BucketRule, TokenBucket)>,
}

impl MemoryLive {
    /// An empty store with these limits.
    pub fn new(caps: MemoryCaps) -> Self {
        Self { caps, state: Mutex::default(), is_available: watch::Sender::new(true), losses: watch::Sender::new(0) }
    }
}

impl Live for MemoryLive {
    fn put(&self, entry: EphemeralEntry, now: UnixMillis) -> LiveReply<Put> {
        LiveReply::ready(self.state.lock().entries.put(entry, self.caps, now))
    }

    fn replace(&self, key: EphemeralKey, item: Item, now: UnixMillis) -> LiveReply<bool> {
        LiveReply::ready(self.state.lock().entries.replace(&key, &item, self.caps, now))
    }

    fn confirm(&self, key: EphemeralKey, seq: Seq, changed: Seq) -> LiveReply<()> {
        self.state.lock().entries.update(&key, seq, self.caps, |entry| entry.confirmed(changed));
        LiveReply::ready(Ok(()))
    }

    fn revoke(&self, key: EphemeralKey, seq: Seq, changed: Seq) -> LiveReply<()> {
        self.state.lock().entries.update(&key, seq, self.caps, |entry| entry.revoked(changed));
        LiveReply::ready(Ok(()))
    }

    fn restore(&self, key: EphemeralKey, item: Item, now: UnixMillis) -> LiveReply<()> {
        // An entry that ended meanwhile is not set back.
        drop(self.state.lock().entries.restore(&key, &item, self.caps, now));
        LiveReply::ready(Ok(()))
    }

    fn undo(&self, key: EphemeralKey, seq: Seq) -> LiveReply<()> {
        self.state.lock().entries.undo(&key, seq);
        LiveReply::ready(Ok(()))
    }

    fn load(&self, room: RoomId, now: UnixMillis) -> LiveReply<Vec<EphemeralEntry>> {
        LiveReply::ready(Ok(self.state.lock().entries.alive_in(room, now)))
    }

    fn rooms_with_entries(&self, now: UnixMillis) -> LiveReply<Vec<RoomId>> {
        LiveReply::ready(Ok(self.state.lock().entries.rooms_alive(now)))
    }

    fn key_use(&self, sender: UserId, key: ClientKey, now: UnixMillis) -> LiveReply<Option<KeyUse>> {
        LiveReply::ready(Ok(self.state.lock().entries.key_use(sender, &key, now)))
    }

    fn clear_room(&self, room: RoomId) -> LiveReply<()> {
        self.state.lock().entries.clear_room(room);
        LiveReply::ready(Ok(()))
    }

    fn sweep(&self, now: UnixMillis) -> LiveReply<Evicted> {
        let mut state = self.state.lock();
        let (entries, keys) = state.entries.sweep(now);
        let held =
            |state: &State| state.leases.len() + state.typists.len() + state.trending.len() + state.buckets.len();
        let before = held(&state);
        state.leases.retain(|_, lease| now < lease.expires_at);
        state.typists.retain(|_, typist| now < typist.until);
        state.trending.retain(|_, mirror| now.since_ms(mirror.at) < TRENDING_KEPT_MS);
        state.buckets.retain(|_, (rule, bucket)| !bucket.is_full(*rule, now));
        let others = keys + (before - held(&state)) as u64;
        LiveReply::ready(Ok(Evicted { entries, others }))
    }

    fn usage(&self, now: UnixMillis) -> LiveReply<Usage> {
        let (alive, bytes) = self.state.lock().entries.usage(now);
        LiveReply::ready(Ok(Usage { alive, bytes }))
    }

    fn renew_leases(&self, leases: Vec<Lease>) -> LiveReply<()> {
        self.state.lock().leases.extend(leases.into_iter().map(|lease| (lease.id, lease)));
        LiveReply::ready(Ok(()))
    }

    fn end_leases(&self, ids: Vec<LeaseId>) -> LiveReply<()> {
        let mut state = self.state.lock();
        for id in ids {
            state.leases.remove(&id);
        }
        LiveReply::ready(Ok(()))
    }

    fn leases(&self, now: UnixMillis) -> LiveReply<Vec<Lease>> {
        let state = self.state.lock();
        LiveReply::ready(Ok(state.leases.values().filter(|lease| now < lease.expires_at).copied().collect()))
    }

    fn mirror_typing(&self, typists: Vec<Typist>, now: UnixMillis) -> LiveReply<()> {
        let mut state = self.state.lock();
        for typist in typists {
            let key = (typist.room, typist.id);
            if now < typist.until {
                state.typists.insert(key, typist);
            } else {
                state.typists.remove(&key);
            }
        }
        LiveReply::ready(Ok(()))
    }

    fn typists(&self, room: RoomId, now: UnixMillis) -> LiveReply<Vec<Typist>> {
        let state = self.state.lock();
        let held = state.typists.values().filter(|typist| typist.room == room && now < typist.until);
        LiveReply::ready(Ok(held.copied().collect()))
    }

    fn mirror_trending(&self, room: RoomId, mirror: TrendingMirror) -> LiveReply<()> {
        let mut state = self.state.lock();
        if mirror.words.is_empty() {
            state.trending.remove(&room);
        } else {
            state.trending.insert(room, mirror);
        }
        LiveReply::ready(Ok(()))
    }

    fn mirrored_trending(&self, room: RoomId, now: UnixMillis) -> LiveReply<Option<TrendingMirror>> {
        let kept = self.state.lock().trending.get(&room).cloned();
        LiveReply::ready(Ok(kept.filter(|mirror| now.since_ms(mirror.at) < TRENDING_KEPT_MS)))
    }

    fn take(&self, bucket: BucketKey, rule: BucketRule, cost: u32, now: UnixMillis) -> LiveReply<Take> {
        let mut state = self.state.lock();
        if state.buckets.len() >= BUCKETS_MAX && !state.buckets.contains_key(&bucket) {
            state.buckets.retain(|_, (rule, bucket)| !bucket.is_full(*rule, now));
            if state.buckets.len() >= BUCKETS_MAX {
                return LiveReply::ready(Err(LiveError::Busy));
            }
        }
        let (held_rule, tokens) = state.buckets.entry(bucket).or_insert_with(|| (rule, TokenBucket::full(rule, now)));
        *held_rule = rule;
        LiveReply::ready(Ok(tokens.take(rule, cost, now)))
    }

    fn bucket(&self, bucket: BucketKey, _: UnixMillis) -> LiveReply<Option<TokenBucket>> {
        LiveReply::ready(Ok(self.state.lock().buckets.get(&bucket).map(|(_, tokens)| *tokens)))
    }

    fn availability(&self) -> watch::Receiver<bool> {
        self.is_available.subscribe()
    }

    fn losses(&self) -> watch::Receiver<u64> {
        self.losses.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::conformance;
    use chat_proto::message::Content;
    use std::future::{Ready, ready};
    use std::sync::Arc;

    fn fresh(caps: MemoryCaps) -> Ready<Arc<dyn Live>> {
        ready(Arc::new(MemoryLive::new(caps)))
    }

    conformance::suite!(fresh);

    /// The bytes of so many short messages, and of most of another one.
    async fn bytes_of(messages: u64) -> u64 {
        let live = MemoryLive::new(MemoryCaps::default());
        assert_eq!(live.put(conformance::entry(1, 1, UnixMillis(0), 1_000), UnixMillis(0)).await, Ok(Put::Stored));
        let one = live.usage(UnixMillis(0)).await.expect("counted").bytes;
        messages * one + one - 1
    }

    #[tokio::test]
    async fn a_full_room_refuses_and_an_expired_message_makes_space() {
        let limit_bytes = bytes_of(3).await;
        let caps = MemoryCaps { room_bytes: limit_bytes, total_bytes: 1_000_000, ..MemoryCaps::default() };
        let live = MemoryLive::new(caps);
        let now = UnixMillis(0);
        let entry = |room, seq, ttl_ms| conformance::entry(room, seq, now, ttl_ms);
        assert_eq!(live.put(entry(1, 1, 1_000), now).await, Ok(Put::Stored));
        assert_eq!(live.put(entry(1, 2, 9_000), now).await, Ok(Put::Stored));
        assert_eq!(live.put(entry(1, 3, 9_000), now).await, Ok(Put::Stored));
        let refused = live.put(entry(1, 4, 9_000), now).await;
        assert_eq!(refused, Err(LiveError::RoomFull { room: RoomId(1), limit_bytes }));
        assert_eq!(live.put(entry(2, 5, 9_000), now).await, Ok(Put::Stored), "another room has its own space");
        assert_eq!(live.put(entry(1, 6, 9_000), UnixMillis(1_000)).await, Ok(Put::Stored));
    }

    #[tokio::test]
    async fn an_account_has_one_share_of_all_rooms_and_others_keep_theirs() {
        let limit_bytes = bytes_of(3).await;
        let live = MemoryLive::new(MemoryCaps { account_bytes: limit_bytes, ..MemoryCaps::default() });
        let now = UnixMillis(0);
        let entry = |sender, room, seq| {
            let key = EphemeralKey { sender: UserId(sender), ..conformance::entry(room, seq, now, 1_000).key() };
            EphemeralEntry::message(&key, &conformance::entry(room, seq, now, 1_000).item()).expect("an entry")
        };
        for room in 1..=3 {
            assert_eq!(live.put(entry(7, room, room), now).await, Ok(Put::Stored));
        }
        assert_eq!(live.put(entry(7, 4, 4), now).await, Err(LiveError::AccountFull { limit_bytes }));
        assert_eq!(live.put(entry(8, 1, 5), now).await, Ok(Put::Stored));
        live.undo(entry(7, 2, 2).key(), Seq(2)).await.expect("undone");
        assert_eq!(live.put(entry(7, 4, 6), now).await, Ok(Put::Stored));
        assert_eq!(live.put(entry(7, 4, 7), now).await, Err(LiveError::AccountFull { limit_bytes }));
        assert_eq!(live.put(entry(7, 4, 8), UnixMillis(1_000)).await, Ok(Put::Stored), "the others have ended");
    }

    #[tokio::test]
    async fn a_deletion_is_possible_without_any_space_left() {
        let now = UnixMillis(0);
        let old = conformance::entry(1, 1, now, 1_000);
        let live = MemoryLive::new(MemoryCaps::default());
        assert_eq!(live.put(old.clone(), now).await, Ok(Put::Stored));
        let bytes = live.usage(now).await.expect("counted").bytes;
        let live = MemoryLive::new(MemoryCaps { account_bytes: bytes, room_bytes: bytes, ..MemoryCaps::default() });
        assert_eq!(live.put(old.clone(), now).await, Ok(Put::Stored));
        let content = Content::Deleted { deleted_at: now, deleted_by: UserId(7) };
        let gone = Item { changed: Seq(2), content, ..old.item() };
        assert_eq!(live.replace(old.key(), gone, now).await, Ok(true));
    }

    #[tokio::test]
    async fn the_total_is_bounded_over_all_rooms_and_falls_back_to_nothing() {
        let limit_bytes = bytes_of(5).await;
        let live = MemoryLive::new(MemoryCaps { total_bytes: limit_bytes, ..MemoryCaps::default() });
        let now = UnixMillis(0);
        for room in 1..=5 {
            assert_eq!(live.put(conformance::entry(room, room, now, 1_000), now).await, Ok(Put::Stored));
        }
        let refused = live.put(conformance::entry(6, 6, now, 1_000), now).await;
        assert_eq!(refused, Err(LiveError::Full { limit_bytes }));
        assert_eq!(live.usage(UnixMillis(1_000)).await, Ok(Usage { alive: 0, bytes: 0 }));
    }

    #[tokio::test]
    async fn remembered_keys_are_bounded_and_those_of_ended_messages_go_first() {
        let live = MemoryLive::new(MemoryCaps { keys: 2, ..MemoryCaps::default() });
        let at = UnixMillis;
        assert_eq!(live.put(conformance::entry(1, 1, at(0), 1_000), at(0)).await, Ok(Put::Stored));
        assert_eq!(live.put(conformance::entry(1, 2, at(0), 9_000), at(0)).await, Ok(Put::Stored));
        assert!(live.put(conformance::entry(1, 3, at(0), 9_000), at(0)).await.is_err());
        assert_eq!(live.put(conformance::entry(1, 4, at(1_000), 9_000), at(1_000)).await, Ok(Put::Stored));
        assert_eq!(live.load(RoomId(1), at(1_000)).await.map(|alive| alive.len()), Ok(2));
    }
}
