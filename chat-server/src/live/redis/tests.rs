//! The port's conformance suite on a real redis-server for each test.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chat_proto::ids::{Epoch, RoomId, Seq, UserId};
use chat_proto::message::{Content, Item, Message};
use chat_proto::time::UnixMillis;
use tempfile::TempDir;

use super::{RedisLive, RedisOptions};
use crate::live::{EphemeralEntry, EphemeralKey, Live, LiveError, MemoryCaps, Put, Usage, conformance};
use crate::tasks::Tasks;

/// A redis-server at a socket of its own; ends with the test.
struct RealRedis {
    folder: TempDir,
    child: Child,
}

impl RealRedis {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let child = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(folder.path().join("redis"))
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("these tests need redis-server, which tests/run installs ({error}); all others: cargo nextest run -E 'not group(redis)'")
            });
        let redis = Self { folder, child };
        let until = Instant::now() + Duration::from_secs(20);
        while std::os::unix::net::UnixStream::connect(redis.folder.path().join("redis")).is_err() {
            assert!(Instant::now() < until, "redis-server does not listen");
            std::thread::sleep(Duration::from_millis(5));
        }
        redis
    }

    fn options(&self) -> RedisOptions {
        let url = format!("unix://{}", self.folder.path().join("redis").display());
        RedisOptions::new(&url, "chat", true).expect("an address")
    }
}

impl Drop for RealRedis {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The live store and its Redis, which must not end before it.
struct Fixture {
    live: RedisLive,
    _redis: RealRedis,
}

async fn start(options: RedisOptions) -> RedisLive {
    RedisLive::start(options, &Epoch("e1".into()), &Tasks::default()).await.expect("it is there")
}

async fn fresh(caps: MemoryCaps) -> Arc<dyn Live> {
    let redis = RealRedis::start();
    Arc::new(Fixture { live: start(redis.options().with_caps(caps)).await, _redis: redis })
}

conformance::suite!(fresh);

const NOW: UnixMillis = UnixMillis(1_000);

fn entry(sender: u64, room: u64, seq: u64, ttl_ms: u64) -> EphemeralEntry {
    let of_seven = conformance::entry(room, seq, NOW, ttl_ms);
    let key = EphemeralKey { sender: UserId(sender), ..of_seven.key() };
    EphemeralEntry::message(&key, &of_seven.item()).expect("an entry")
}

/// The bytes that an entry takes.
async fn size(redis: &RealRedis) -> u64 {
    let live = start(redis.options()).await;
    live.put(entry(7, 9, 1, 1_000), NOW).await.expect("kept");
    let bytes = live.usage(NOW).await.expect("counted").bytes;
    live.clear_room(RoomId(9)).await.expect("cleared");
    assert_eq!(live.usage(NOW).await.expect("counted").bytes, 0);
    bytes
}

/// Holds three entries of one account, and not four.
async fn with_three(redis: &RealRedis) -> (MemoryCaps, RedisLive) {
    let caps = MemoryCaps { account_bytes: 3 * size(redis).await + 50, ..MemoryCaps::default() };
    let live = start(redis.options().with_caps(caps)).await;
    for room in 1..=3 {
        assert_eq!(live.put(entry(7, room, room + 1, 60_000), NOW).await, Ok(Put::Stored));
    }
    (caps, live)
}

#[tokio::test]
async fn an_account_has_one_share_of_all_rooms_and_what_ends_in_any_way_frees_it() {
    let redis = RealRedis::start();
    let (caps, live) = with_three(&redis).await;
    let full = Err(LiveError::AccountFull { limit_bytes: caps.account_bytes });
    assert_eq!(live.put(entry(7, 4, 5, 1_000), NOW).await, full);
    assert_eq!(live.put(entry(8, 4, 6, 1_000), NOW).await, Ok(Put::Stored), "another account's share");
    live.undo(entry(7, 2, 3, 60_000).key(), Seq(3)).await.expect("undone");
    assert_eq!(live.put(entry(7, 4, 7, 1_000), NOW).await, Ok(Put::Stored));
    assert_eq!(live.put(entry(7, 5, 8, 1_000), NOW).await, full);
    live.clear_room(RoomId(1)).await.expect("cleared");
    assert_eq!(live.put(entry(7, 5, 9, 1_000), NOW).await, Ok(Put::Stored));
    assert_eq!(live.put(entry(7, 6, 10, 1_000), NOW).await, full);
    let later = NOW.plus_ms(1_000);
    live.sweep(later).await.expect("swept");
    assert_eq!(live.put(entry(7, 6, 11, 60_000), later).await, Ok(Put::Stored), "two have ended");
    live.sweep(NOW.plus_ms(60_000)).await.expect("swept");
    assert_eq!(live.usage(NOW.plus_ms(60_000)).await, Ok(Usage { alive: 0, bytes: 0 }));
}

#[tokio::test]
async fn an_edit_has_to_fit_and_a_deletion_always_does() {
    let redis = RealRedis::start();
    let (caps, live) = with_three(&redis).await;
    let held = entry(7, 1, 2, 60_000);
    let message = held.item().content.message().expect("a message").clone();
    let body = "x".repeat(400).parse().expect("a body");
    let edited = Item { changed: Seq(9), content: Content::Message(Message { body, ..message }), ..held.item() };
    let refused = live.replace(held.key(), edited.clone(), NOW).await;
    assert_eq!(refused, Err(LiveError::AccountFull { limit_bytes: caps.account_bytes }));
    let content = Content::Deleted { deleted_at: NOW, deleted_by: UserId(7) };
    let gone = Item { changed: Seq(10), content, ..held.item() };
    assert_eq!(live.replace(held.key(), gone, NOW).await, Ok(true));
    live.confirm(held.key(), Seq(2), Seq(10)).await.expect("confirmed");
    live.sweep(NOW.plus_ms(60_000)).await.expect("swept");
    assert_eq!(live.usage(NOW.plus_ms(60_000)).await, Ok(Usage { alive: 0, bytes: 0 }), "all of it was counted");
}

#[tokio::test]
async fn a_room_and_the_server_have_their_shares() {
    let redis = RealRedis::start();
    let bytes = size(&redis).await;
    let caps = MemoryCaps { room_bytes: bytes + 50, total_bytes: 2 * bytes + 50, ..MemoryCaps::default() };
    let live = start(redis.options().with_caps(caps)).await;
    assert_eq!(live.put(entry(7, 1, 2, 1_000), NOW).await, Ok(Put::Stored));
    let refused = live.put(entry(8, 1, 3, 1_000), NOW).await;
    assert_eq!(refused, Err(LiveError::RoomFull { room: RoomId(1), limit_bytes: caps.room_bytes }));
    assert_eq!(live.put(entry(8, 2, 4, 1_000), NOW).await, Ok(Put::Stored));
    assert_eq!(live.put(entry(9, 3, 5, 1_000), NOW).await, Err(LiveError::Full { limit_bytes: caps.total_bytes }));
}

#[tokio::test]
async fn a_room_that_ended_while_no_server_ran_frees_its_share_at_the_next_start() {
    let redis = RealRedis::start();
    let (caps, live) = with_three(&redis).await;
    drop(live);
    let mut connection = redis.options().client.get_multiplexed_async_connection().await.expect("connected");
    let ended: Vec<String> = redis::cmd("KEYS").arg("*:room:R1:*").query_async(&mut connection).await.expect("listed");
    redis::cmd("DEL").arg(ended).exec_async(&mut connection).await.expect("gone");
    let live = start(redis.options().with_caps(caps)).await;
    assert_eq!(live.put(entry(7, 4, 5, 60_000), NOW).await, Ok(Put::Stored));
    let full = Err(LiveError::AccountFull { limit_bytes: caps.account_bytes });
    assert_eq!(live.put(entry(7, 5, 6, 60_000), NOW).await, full, "the others are still counted");
}

/// Passes the port through the fixture, so that both end together.
mod through {
    use chat_proto::ids::{ClientKey, RoomId, Seq, UserId};
    use chat_proto::message::Item;
    use chat_proto::time::UnixMillis;
    use tokio::sync::watch;

    use super::Fixture;
    use crate::limits::{BucketRule, Take, TokenBucket};
    use crate::live::{
        BucketKey, EphemeralEntry, EphemeralKey, Evicted, KeyUse, Lease, LeaseId, Live, LiveReply, Put, TrendingMirror,
        Typist, Usage,
    };

    macro_rules! pass_on {
        ($($name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)+) => {
            impl Live for Fixture {
                $(fn $name(&self, $($argument: $type),*) -> $answer {
                    self.live.$name($($argument),*)
                })+
            }
        };
    }

    pass_on! {
        put(entry: EphemeralEntry, now: UnixMillis) -> LiveReply<Put>;
        replace(key: EphemeralKey, item: Item, now: UnixMillis) -> LiveReply<bool>;
        restore(key: EphemeralKey, item: Item, now: UnixMillis) -> LiveReply<()>;
        confirm(key: EphemeralKey, seq: Seq, changed: Seq) -> LiveReply<()>;
        revoke(key: EphemeralKey, seq: Seq, changed: Seq) -> LiveReply<()>;
        undo(key: EphemeralKey, seq: Seq) -> LiveReply<()>;
        load(room: RoomId, now: UnixMillis) -> LiveReply<Vec<EphemeralEntry>>;
        rooms_with_entries(now: UnixMillis) -> LiveReply<Vec<RoomId>>;
        key_use(sender: UserId, key: ClientKey, now: UnixMillis) -> LiveReply<Option<KeyUse>>;
        clear_room(room: RoomId) -> LiveReply<()>;
        sweep(now: UnixMillis) -> LiveReply<Evicted>;
        usage(now: UnixMillis) -> LiveReply<Usage>;
        renew_leases(leases: Vec<Lease>) -> LiveReply<()>;
        end_leases(ids: Vec<LeaseId>) -> LiveReply<()>;
        leases(now: UnixMillis) -> LiveReply<Vec<Lease>>;
        mirror_typing(typists: Vec<Typist>, now: UnixMillis) -> LiveReply<()>;
        typists(room: RoomId, now: UnixMillis) -> LiveReply<Vec<Typist>>;
        mirror_trending(room: RoomId, mirror: TrendingMirror) -> LiveReply<()>;
        mirrored_trending(room: RoomId, now: UnixMillis) -> LiveReply<Option<TrendingMirror>>;
        take(bucket: BucketKey, rule: BucketRule, cost: u32, now: UnixMillis) -> LiveReply<Take>;
        bucket(bucket: BucketKey, now: UnixMillis) -> LiveReply<Option<TokenBucket>>;
        availability() -> watch::Receiver<bool>;
        losses() -> watch::Receiver<u64>;
    }
}
