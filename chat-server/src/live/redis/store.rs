//! The live port over Redis: each operation is a script or a few commands of one pipeline. Must not know connections.

use std::sync::Arc;

use chat_proto::ids::{ClientKey, Epoch, RoomId, Seq, UserId};
use chat_proto::message::{Content, Item};
use chat_proto::time::UnixMillis;
use redis::{Cmd, Value, cmd};
use tokio::sync::{mpsc, watch};
use tracing::Instrument as _;

use super::counters::Counters;
use super::driver::{Driver, first};
use super::keys::{Keys, field};
use super::operation::{Operation, ThrottledWarning};
use super::options::RedisOptions;
use super::scripts::{Script, Scripts};
use super::values::{self, one};
use super::{RedisStartError, mirror};
use crate::limits::{BucketRule, Take, TokenBucket};
use crate::live::{
    BucketKey, EphemeralEntry, EphemeralKey, Evicted, KEY_KEPT_MS, KeyUse, Lease, LeaseId, LinkFigures, Live,
    LiveError, LiveReply, MemoryCaps, Put, TRENDING_KEPT_MS, TrendingMirror, Typist, Usage,
};
use crate::stored;
use crate::tasks::Tasks;

/// Operations that may wait.
const QUEUE: usize = 8_192;
/// A room's keys outlive its last message by this time.
const SLACK_MS: u64 = 60_000;

/// The live store in Redis; a clone is the same.
#[derive(Clone, Debug)]
pub struct RedisLive {
    pub(super) keys: Keys,
    pub(super) scripts: Arc<Scripts>,
    queue: mpsc::Sender<Operation>,
    is_available: watch::Receiver<bool>,
    losses: watch::Receiver<u64>,
    tasks: Tasks,
    counters: Arc<Counters>,
    caps: MemoryCaps,
}

impl RedisLive {
    /// Connects to Redis and starts the task that owns the connection. `epoch` is the database's.
    ///
    /// # Errors
    /// Errors that waiting would not cure. An unreachable Redis is one only if it is required; else the task goes on trying.
    pub async fn start(options: RedisOptions, epoch: &Epoch, tasks: &Tasks) -> Result<Self, RedisStartError> {
        let (keys, scripts) = (Keys::new(&options.prefix, epoch), Arc::new(Scripts::new()));
        let address = options.address.clone();
        let connected = match first(&options, &keys, &scripts).await {
            Ok(connected) => Some(connected),
            Err(error) if let Some(wrong) = RedisStartError::of(&error, &address, options.rule()) => return Err(wrong),
            Err(error) if options.is_required => {
                return Err(RedisStartError::Unreachable { address, reason: error.to_string() });
            }
            Err(error) => {
                tracing::warn!(redis = address, %error, "Redis cannot be reached; starting without it, and retrying");
                None
            }
        };
        let (queue, received) = mpsc::channel(QUEUE);
        let (is_available, losses) = (watch::Sender::new(connected.is_some()), watch::Sender::new(0));
        let counters = Arc::new(Counters::new());
        let live = Self {
            keys: keys.clone(),
            scripts: scripts.clone(),
            queue,
            is_available: is_available.subscribe(),
            losses: losses.subscribe(),
            counters: Arc::clone(&counters),
            caps: options.caps,
            tasks: tasks.clone(),
        };
        let (queue_out, previous, recovery, memory_probes_left) = (received, None, Vec::new(), 0);
        let driver = Driver {
            options,
            keys,
            scripts,
            queue: queue_out,
            is_available,
            losses,
            counters,
            previous,
            recovery,
            memory_probes_left,
            key_conflict_warning: ThrottledWarning::default(),
        };
        tasks.spawn_service(driver.run(connected).instrument(tracing::info_span!(parent: None, "redis", address)));
        Ok(live)
    }

    /// Queues commands, and a function that reads their answers.
    pub(super) fn submit<T: Send + 'static>(
        &self,
        commands: Vec<Cmd>,
        read: impl FnOnce(Vec<Value>) -> Option<Result<T, LiveError>> + Send + 'static,
    ) -> LiveReply<T> {
        self.queue(|operation| operation, commands, read)
    }

    pub(super) fn queue<T: Send + 'static>(
        &self,
        kind: fn(Operation) -> Operation,
        commands: Vec<Cmd>,
        read: impl FnOnce(Vec<Value>) -> Option<Result<T, LiveError>> + Send + 'static,
    ) -> LiveReply<T> {
        let (resolver, pending) = LiveReply::channel();
        let counters = Arc::clone(&self.counters);
        let operation = Operation::new(commands, move |answers| {
            // An answer of another shape: another program works on these keys.
            let read = |values| read(values).unwrap_or(Err(LiveError::Unavailable));
            let result = answers.and_then(read);
            if result.is_err() {
                counters.refuse();
            }
            resolver.resolve(result);
        });
        match self.queue.try_send(kind(operation)) {
            Ok(()) => pending,
            Err(mpsc::error::TrySendError::Full(operation)) if operation.is_recovery => {
                let queue = self.queue.clone();
                // An operation that undoes something must not be lost, however full the queue is.
                self.tasks.spawn(async move { drop(queue.send(operation).await) });
                pending
            }
            Err(error) => {
                self.counters.refuse();
                let is_full = matches!(error, mpsc::error::TrySendError::Full(_));
                LiveReply::ready(Err(if is_full { LiveError::Busy } else { LiveError::Down }))
            }
        }
    }

    /// Writes a mirror; does nothing if there is nothing to write.
    fn mirror(&self, commands: Vec<Cmd>) -> LiveReply<()> {
        if commands.is_empty() {
            return LiveReply::ready(Ok(()));
        }
        self.submit(commands, |_| Some(Ok(())))
    }

    /// The room's keys, followed by others.
    pub(super) fn with_room<const N: usize>(&self, room: RoomId, others: [String; N]) -> Vec<String> {
        self.keys.room(room).into_iter().chain(others).collect()
    }

    /// Confirms or revokes a change of a message.
    fn decide(&self, script: &Script, key: &EphemeralKey, seq: Seq, changed: Seq) -> LiveReply<()> {
        let mut call = script.over(&self.with_room(key.room, []));
        let of_tombstones = self.caps.of_tombstones();
        call.arg(field(key)).arg(seq.0).arg(changed.0);
        call.arg(of_tombstones.account_bytes).arg(of_tombstones.room_bytes).arg(of_tombstones.total_bytes);
        self.queue(Operation::recovering, vec![call], |_| Some(Ok(())))
    }

    /// `brings_back`: the state stands alone, and a deleted message comes back.
    fn replacing(&self, key: &EphemeralKey, item: &Item, now: UnixMillis, brings_back: bool) -> Cmd {
        let end = match &item.content {
            Content::Message(message) => message.expires_at.map(|end| end.0.to_string()).unwrap_or_default(),
            _ => String::new(),
        };
        let mut call = self.scripts.replace.over(&self.with_room(key.room, []));
        call.arg(now.0).arg(field(key)).arg(item.seq.0).arg(item.changed.0).arg(values::kind(item));
        call.arg(end).arg(stored::item_to_text(item)).arg(u8::from(brings_back));
        for MemoryCaps { account_bytes, room_bytes, total_bytes, keys: _ } in [self.caps, self.caps.of_tombstones()] {
            call.arg(account_bytes).arg(room_bytes).arg(total_bytes);
        }
        call
    }
}

impl Live for RedisLive {
    fn put(&self, entry: EphemeralEntry, now: UnixMillis) -> LiveReply<Put> {
        let (key, caps) = (entry.key(), self.caps);
        let room = key.room;
        let life_ms = entry.expires_at().since_ms(now);
        let keys = self.with_room(room, [self.keys.key(key.sender, &key.key), self.keys.rooms()]);
        let mut call = self.scripts.put.over(&keys);
        call.arg(now.0).arg(field(&key)).arg(values::entry(&entry)).arg(entry.expires_at().0);
        call.arg(values::key_use(&entry)).arg(life_ms + KEY_KEPT_MS).arg(life_ms + SLACK_MS);
        call.arg(room.0).arg(KEY_KEPT_MS).arg(caps.account_bytes).arg(caps.room_bytes).arg(caps.total_bytes);
        self.submit(vec![call], move |values| {
            let answer: Vec<String> = one(values)?;
            match answer.first()?.as_str() {
                "stored" => Some(Ok(Put::Stored)),
                "held" => Some(Ok(Put::KeyHeld(Box::new(values::read_key_use(answer.get(1)?)?)))),
                share => Some(Err(values::full_share(share, room, caps)?)),
            }
        })
    }

    fn replace(&self, key: EphemeralKey, item: Item, now: UnixMillis) -> LiveReply<bool> {
        let (room, caps) = (key.room, self.caps);
        self.submit(vec![self.replacing(&key, &item, now, false)], move |values| {
            match one::<String>(values)?.as_str() {
                "stored" => Some(Ok(true)),
                "missing" => Some(Ok(false)),
                "ends" => Some(Err(LiveError::NotEphemeral)),
                share => Some(Err(values::full_share(share, room, caps)?)),
            }
        })
    }

    fn confirm(&self, key: EphemeralKey, seq: Seq, changed: Seq) -> LiveReply<()> {
        self.decide(&self.scripts.confirm, &key, seq, changed)
    }

    fn revoke(&self, key: EphemeralKey, seq: Seq, changed: Seq) -> LiveReply<()> {
        self.decide(&self.scripts.revoke, &key, seq, changed)
    }

    fn restore(&self, key: EphemeralKey, item: Item, now: UnixMillis) -> LiveReply<()> {
        self.queue(Operation::recovering, vec![self.replacing(&key, &item, now, true)], |_| Some(Ok(())))
    }

    fn undo(&self, key: EphemeralKey, seq: Seq) -> LiveReply<()> {
        let keys = self.with_room(key.room, [self.keys.key(key.sender, &key.key)]);
        let mut call = self.scripts.undo.over(&keys);
        call.arg(field(&key)).arg(key.room.0).arg(seq.0);
        self.queue(Operation::recovering, vec![call], |_| Some(Ok(())))
    }

    fn load(&self, room: RoomId, now: UnixMillis) -> LiveReply<Vec<EphemeralEntry>> {
        // Asked at once, so that it comes after earlier operations on the room.
        let first = self.scan(room, 0);
        LiveReply::of_task(&self.tasks, self.clone().load_pages(room, first, now))
    }

    fn rooms_with_entries(&self, now: UnixMillis) -> LiveReply<Vec<RoomId>> {
        self.rooms_after(now)
    }

    fn key_use(&self, sender: UserId, key: ClientKey, now: UnixMillis) -> LiveReply<Option<KeyUse>> {
        let mut get = cmd("GET");
        get.arg(self.keys.key(sender, &key));
        self.submit(vec![get], move |values| {
            let held: Option<String> = one(values)?;
            let used = held.and_then(|held| values::read_key_use(&held));
            Some(Ok(used.filter(|used| now < used.expires_at.plus_ms(KEY_KEPT_MS))))
        })
    }

    fn clear_room(&self, room: RoomId) -> LiveReply<()> {
        let clear = self.scripts.clear.over(&self.with_room(room, []));
        let mut forget = cmd("ZREM");
        forget.arg(self.keys.rooms()).arg(room.0);
        self.submit(vec![clear, forget], |_| Some(Ok(())))
    }

    fn sweep(&self, now: UnixMillis) -> LiveReply<Evicted> {
        LiveReply::of_task(&self.tasks, self.clone().sweep_all(now))
    }

    fn usage(&self, now: UnixMillis) -> LiveReply<Usage> {
        LiveReply::of_task(&self.tasks, self.clone().count(now))
    }

    fn renew_leases(&self, leases: Vec<Lease>) -> LiveReply<()> {
        self.mirror(mirror::renewing(&self.keys, &leases))
    }

    fn end_leases(&self, ids: Vec<LeaseId>) -> LiveReply<()> {
        self.mirror(mirror::ending(&self.keys, &ids))
    }

    fn leases(&self, now: UnixMillis) -> LiveReply<Vec<Lease>> {
        let mut all = cmd("HGETALL");
        all.arg(self.keys.leases());
        self.queue(Operation::bulky, vec![all], move |values| Some(Ok(mirror::leases(&one::<Vec<_>>(values)?, now))))
    }

    fn mirror_typing(&self, typists: Vec<Typist>, now: UnixMillis) -> LiveReply<()> {
        self.mirror(mirror::typing(&self.keys, typists, now))
    }

    fn typists(&self, room: RoomId, now: UnixMillis) -> LiveReply<Vec<Typist>> {
        let mut range = cmd("ZRANGE");
        range.arg(self.keys.typing(room)).arg(format!("({}", now.0)).arg("+inf").arg("BYSCORE").arg("WITHSCORES");
        self.submit(vec![range], move |values| Some(Ok(mirror::typists(room, &one::<Vec<_>>(values)?))))
    }

    fn mirror_trending(&self, room: RoomId, mirror: TrendingMirror) -> LiveReply<()> {
        self.mirror(vec![mirror::trending(&self.keys, room, &mirror)])
    }

    fn mirrored_trending(&self, room: RoomId, now: UnixMillis) -> LiveReply<Option<TrendingMirror>> {
        let mut get = cmd("GET");
        get.arg(self.keys.trending(room));
        self.submit(vec![get], move |values| {
            let held: Option<String> = one(values)?;
            // Damaged or newer: nothing is lost, the words are counted again.
            let read = held.and_then(|held| values::read_trending(&held).ok());
            Some(Ok(read.filter(|mirror| now.since_ms(mirror.at) < TRENDING_KEPT_MS)))
        })
    }

    fn take(&self, bucket: BucketKey, rule: BucketRule, cost: u32, now: UnixMillis) -> LiveReply<Take> {
        let mut call = self.scripts.take.over(&[self.keys.bucket(&bucket)]);
        call.arg(now.0).arg(rule.per_second).arg(rule.burst).arg(cost);
        self.submit(vec![call], |values| match one::<i64>(values)? {
            -2 => Some(Ok(Take::Granted)),
            -1 => Some(Ok(Take::Refused { retry_after_ms: None })),
            wait => Some(Ok(Take::Refused { retry_after_ms: u64::try_from(wait).ok() })),
        })
    }

    fn bucket(&self, bucket: BucketKey, now: UnixMillis) -> LiveReply<Option<TokenBucket>> {
        let mut get = cmd("GET");
        get.arg(self.keys.bucket(&bucket));
        self.submit(vec![get], move |values| {
            let held: Option<String> = one(values)?;
            Some(Ok(held.and_then(|held| values::read_bucket(&held, now))))
        })
    }

    fn availability(&self) -> watch::Receiver<bool> {
        self.is_available.clone()
    }

    fn losses(&self) -> watch::Receiver<u64> {
        self.losses.clone()
    }

    fn link_figures(&self) -> Option<LinkFigures> {
        Some(self.counters.figures())
    }
}
