//! Rate limits that two runs of a server share through Redis.

use std::time::Duration;

use chat_proto::client_frame::Subscription;
use chat_proto::error::ErrorCode;
use chat_proto::ids::UserId;
use chat_proto::server_frame::ServerFrame;
use chat_tests::peer::{Peer, post};
use chat_tests::redis::Redis;
use chat_tests::server::Server;
use chat_tests::wait::eventually;
use tokio::time::{Instant, timeout};

/// The shared bucket is updated once a second.
const SHARED_WITHIN: Duration = Duration::from_secs(6);
/// Posts of thirty that a server may not have reported when it is killed.
const UNREPORTED_MAX: u64 = 7;

/// Posts `count` messages at once, numbered from `first`; returns how many were accepted, and the errors of the others.
async fn post_at_once(peer: &mut Peer, first: u64, count: u64) -> (u64, Vec<ErrorCode>) {
    for number in first..first + count {
        peer.start(&post(&format!("k{number}"), &format!("line {number}"))).await;
    }
    let (mut taken, mut refused) = (0, Vec::new());
    while taken + (refused.len() as u64) < count {
        match peer.next().await.expect("connected") {
            ServerFrame::Ok(_) => taken += 1,
            ServerFrame::Error(error) => refused.push(error.error.code),
            other => peer.pushed.push(other),
        }
    }
    (taken, refused)
}

/// Returns the tokens left in an account's shared bucket, as `THOUSANDTHS COUNTED_AT`.
fn bucket(redis: &Redis, user: UserId) -> Option<String> {
    let end = format!(":bucket:posts:{user}");
    let key = redis.keys().into_iter().find(|key| key.ends_with(&end))?;
    Some(redis.ask(&["GET", &key]))
}

/// Waits for a state of a bucket; `None` if the server did not report it in time, as happens if Redis is slow.
async fn bucket_when(redis: &Redis, user: UserId, is_wanted: impl Fn(&String) -> bool) -> Option<String> {
    let looks = eventually("the shared bucket", async || bucket(redis, user).filter(&is_wanted));
    timeout(SHARED_WITHIN, looks).await.ok()
}

/// Uses an account's burst up, restarts the server, and posts as much again; `None` if Redis failed meanwhile. A server that is
/// killed forgets the posts of its last second, one that is terminated none.
async fn posts_after_a_restart(redis: &Redis, server: &mut Server, name: &str, is_killed: bool) -> Option<()> {
    let (mut ana, welcome) = Peer::register(server.address(), name, Subscription::None).await;
    let (user, token) = (welcome.user.id, welcome.token.expect("a token"));
    let since = Instant::now();
    assert_eq!(post_at_once(&mut ana, 0, 30).await, (30, Vec::new()));
    if is_killed {
        // The thirty may be counted in parts, the last of them after the server is killed.
        let left = |bucket: &str| bucket.split(' ').next()?.parse::<u64>().ok();
        bucket_when(redis, user, |bucket| left(bucket).is_some_and(|left| left < 1_000 * (UNREPORTED_MAX + 1))).await?;
        server.kill();
    } else {
        server.terminate();
    }
    server.restart();
    let (mut ana, welcome) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    let (taken, refused) = post_at_once(&mut ana, 30, 30).await;
    let is_outage = |frame: &ServerFrame| matches!(frame, ServerFrame::Service(service) if !service.is_live_available);
    if !welcome.service.is_live_available || ana.pushed.iter().any(is_outage) {
        return None;
    }
    assert!(refused.iter().all(|code| *code == ErrorCode::RateLimited), "{refused:?}");
    // Each second adds one.
    let refilled = since.elapsed().as_secs() + 1;
    let unreported = if is_killed { UNREPORTED_MAX } else { 0 };
    assert!(taken <= refilled + unreported, "{taken} passed in {refilled} s");
    Some(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_gives_nobody_a_new_burst() {
    let redis = Redis::start();
    let settings = "[limits]\nposts_per_second = 1\nposts_burst = 30\n";
    let mut server = Server::start_with(&["--redis", &redis.url()], settings);
    for is_killed in [true, false] {
        let mut is_seen = false;
        for attempt in 0..5 {
            let name = format!("ana{attempt}{is_killed}");
            is_seen |= posts_after_a_restart(&redis, &mut server, &name, is_killed).await.is_some();
            if is_seen {
                break;
            }
        }
        assert!(is_seen, "Redis was unreachable each time");
    }
}
