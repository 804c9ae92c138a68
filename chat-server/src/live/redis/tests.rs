//! The port's conformance suite on a real redis-server for each test.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chat_proto::ids::Epoch;
use tempfile::TempDir;

use super::{RedisLive, RedisOptions};
use crate::live::{Live, conformance};

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

async fn fresh() -> Arc<dyn Live> {
    let redis = RealRedis::start();
    let live = RedisLive::start(redis.options(), &Epoch("e1".into()), &crate::tasks::Tasks::default())
        .await
        .expect("it is there");
    Arc::new(Fixture { live, _redis: redis })
}

conformance::suite!(fresh());

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
