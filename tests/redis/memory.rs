//! The memory of Redis: expired messages free it, and the server reports a full Redis and recovers.

use chat_proto::client_frame::Subscription;
use chat_proto::error::ErrorCode;
use chat_proto::request::Delete;
use chat_proto::server_frame::ServerFrame;
use chat_tests::peer::{GENERAL, Peer};
use chat_tests::redis::Redis;
use chat_tests::server::Server;
use chat_tests::wait::{eventually, until};

use super::lives::{ephemeral, put, server_on, texts};

fn service(frame: &ServerFrame) -> Option<bool> {
    match frame {
        ServerFrame::Service(service) => Some(service.is_live_available),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_messages_free_their_memory() {
    let redis = Redis::start();
    let one_account_takes_all = "[limits]\nenabled = false\n[ephemeral]\naccount_mib = 64\nroom_mib = 64\n";
    let server = Server::start_with(&["--redis", &redis.url()], one_account_takes_all);
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    put(&mut ana, &ephemeral("first", "first", 1_000)).await;
    let floor = redis.memory();
    // More at once than one sweep removes.
    let mut count = 0;
    while count < 3_000 || redis.memory() < floor + 6_000_000 {
        assert!(count < 20_000, "memory is used: {} bytes at first, {} now", floor, redis.memory());
        for number in count..count + 500 {
            ana.start(&ephemeral(&format!("k{number}"), &format!("{number} {}", "x".repeat(2_000)), 6_000)).await;
        }
        count += 500;
        // Every post is answered, though not every one is accepted on a busy machine.
        put(&mut ana, &ephemeral(&format!("last{count}"), "last", 6_000)).await;
    }
    until("the end of all", || redis.keys().iter().all(|key| !key.ends_with(":entries")).then_some(()));
    // Their senders' keys are remembered, about 250 bytes each.
    until("the floor", || (redis.memory() < floor + count * 400).then_some(()));
    assert_eq!(texts(&mut ana).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_redis_is_reported_and_used_again_once_it_has_room() {
    let redis = Redis::start_with(&["--maxmemory-policy", "noeviction"]);
    let mut server = server_on(&redis);
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::All).await;
    let kept = put(&mut ana, &ephemeral("before", "before", 600_000)).await;
    let other = put(&mut ana, &ephemeral("other", "other", 600_000)).await;
    ana.pushed.clear();
    redis.ask(&["CONFIG", "SET", "maxmemory", "1"]);
    assert!(!ana.pushed(service).await, "everyone is notified, even if nobody posts");
    let error = ana.try_call(&ephemeral("full", "full", 600_000)).await.expect("connected").expect_err("full");
    assert_eq!((error.code, error.retryable), (ErrorCode::LiveUnavailable, true));
    assert!(error.message.contains("maxmemory"), "{}", error.message);
    ana.post("persistent", "persistent").await;
    ana.call(&Delete { room: GENERAL, seq: other.seq }).await;
    // After a restart it is still full, and its messages are still there.
    server.kill();
    server.restart();
    let token = welcome.token.expect("a token");
    let (mut ana, welcome) = Peer::with_token(server.address(), &token, Subscription::All, None).await;
    assert!(!welcome.service.is_live_available);
    assert!(texts(&mut ana).await.contains(&(kept.seq, "before".into())));
    redis.ask(&["CONFIG", "SET", "maxmemory", "0"]);
    eventually("the return of the service", async || ana.pushed(service).await.then_some(())).await;
    assert!(!ana.call(&ephemeral("full", "full", 600_000)).await.duplicate);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_rooms_expire_even_if_the_server_never_comes_back() {
    let redis = Redis::start();
    let server = server_on(&redis);
    let (mut ana, _) = Peer::appear(server.address(), "ana", Subscription::None).await;
    put(&mut ana, &ephemeral("k", "ephemeral", 1_000)).await;
    until("her lease", || redis.keys().into_iter().find(|key| key.ends_with(":leases")));
    for key in redis.keys() {
        let ends_in: i64 = redis.ask(&["PTTL", &key]).parse().expect("a time");
        assert!(ends_in > 0, "{key} never expires");
    }
}
