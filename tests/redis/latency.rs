//! Redis is reachable but slow: messages that need it are refused at once and block nothing.

use std::time::Duration;

use chat_proto::client_frame::Subscription;
use chat_proto::error::ErrorCode;
use chat_proto::server_frame::ServerFrame;
use chat_tests::detour::Detour;
use chat_tests::peer::{Peer, post};
use chat_tests::redis::Redis;
use chat_tests::wait::eventually;

use super::lives::{ephemeral, put, server_at, texts};

fn service(frame: &ServerFrame) -> Option<bool> {
    match frame {
        ServerFrame::Service(service) => Some(service.is_live_available),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_always_too_slow_counts_as_unreachable() {
    let redis = Redis::start();
    let detour = Detour::to(redis.socket());
    let server = server_at(&detour.url());
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::All).await;
    put(&mut ana, &ephemeral("before", "before", 600_000)).await;
    detour.delay(Duration::from_millis(100));
    assert!(!ana.pushed(service).await, "clients are notified even if nobody posts");
    // None of them waits for Redis, so none blocks the next.
    for number in 0..400 {
        ana.start(&ephemeral(&format!("k{number}"), "ephemeral", 600_000)).await;
    }
    let asked_at = tokio::time::Instant::now();
    ana.call(&post("persistent", "persistent")).await;
    let elapsed = asked_at.elapsed();
    assert!(
        elapsed < Duration::from_secs(15),
        "four hundred times fifty milliseconds would be twenty seconds: {elapsed:?}"
    );
    let error = ana.try_call(&ephemeral("late", "late", 600_000)).await.expect("connected").expect_err("refused");
    assert_eq!((error.code, error.retryable), (ErrorCode::LiveUnavailable, true));
    ana.pushed.clear();
    detour.delay(Duration::ZERO);
    eventually("the return of the service", async || ana.pushed(service).await.then_some(())).await;
    assert!(!ana.call(&ephemeral("late", "late", 600_000)).await.duplicate);
    let there = texts(&mut ana).await.into_iter().map(|(_, text)| text).collect::<Vec<_>>();
    assert_eq!(there, ["before", "persistent", "late"]);
}
