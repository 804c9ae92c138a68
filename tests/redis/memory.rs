//! The memory of Redis: what ended is given back, and a Redis that has none left says so and goes on.

use chat_proto::client_frame::Subscription;
use chat_proto::error::ErrorCode;
use chat_proto::request::Delete;
use chat_proto::server_frame::ServerFrame;
use chat_tests::peer::{GENERAL, Peer};
use chat_tests::redis::Redis;
use chat_tests::wait::{eventually, until};

use super::lives::{brief, put, server_on, texts};

fn service(frame: &ServerFrame) -> Option<bool> {
    match frame {
        ServerFrame::Service(service) => Some(service.is_live_available),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_gives_its_memory_back() {
    let redis = Redis::start();
    let server = server_on(&redis);
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    put(&mut ana, &brief("first", "first", 1_000)).await;
    let floor = redis.memory();
    // More at once than one call of the sweep lets go of.
    for number in 0..3_000 {
        ana.start(&brief(&format!("k{number}"), &format!("{number} {}", "x".repeat(2_000)), 2_000)).await;
    }
    put(&mut ana, &brief("last", "last", 3_000)).await;
    let risen = redis.memory() - floor;
    assert!(risen > 6_000_000, "{risen} bytes: the test is about memory that is used");
    until("the end of all", || redis.keys().iter().all(|key| !key.ends_with(":entries")).then_some(()));
    // Their senders' keys are remembered, about 250 bytes each.
    until("the floor", || (redis.memory() < floor + 3_000 * 400).then_some(()));
    assert_eq!(texts(&mut ana).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn full_it_says_so_and_goes_on_when_there_is_room() {
    let redis = Redis::start_with(&["--maxmemory-policy", "noeviction"]);
    let mut server = server_on(&redis);
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::All).await;
    let kept = put(&mut ana, &brief("before", "before", 600_000)).await;
    let other = put(&mut ana, &brief("other", "other", 600_000)).await;
    ana.pushed.clear();
    redis.ask(&["CONFIG", "SET", "maxmemory", "1"]);
    assert!(!ana.pushed(service).await, "everyone is told, whether anybody posts or not");
    let error = ana.try_call(&brief("full", "full", 600_000)).await.expect("connected").expect_err("full");
    assert_eq!((error.code, error.retryable), (ErrorCode::LiveUnavailable, true));
    assert!(error.message.contains("maxmemory"), "{}", error.message);
    ana.post("lasting", "lasting").await;
    ana.call(&Delete { room: GENERAL, seq: other.seq }).await;
    // A restart finds it as full as it is, and what lives all the same.
    server.kill();
    server.restart();
    let token = welcome.token.expect("a token");
    let (mut ana, welcome) = Peer::with_token(server.address(), &token, Subscription::All, None).await;
    assert!(!welcome.service.is_live_available);
    assert!(texts(&mut ana).await.contains(&(kept.seq, "before".into())));
    redis.ask(&["CONFIG", "SET", "maxmemory", "0"]);
    eventually("the return of the service", async || ana.pushed(service).await.then_some(())).await;
    assert!(!ana.call(&brief("full", "full", 600_000)).await.duplicate);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_stand_for_rooms_end_also_when_the_server_never_comes_back() {
    let redis = Redis::start();
    let server = server_on(&redis);
    let (mut ana, _) = Peer::appear(server.address(), "ana", Subscription::None).await;
    put(&mut ana, &brief("k", "brief", 1_000)).await;
    until("her lease", || redis.keys().into_iter().find(|key| key.ends_with(":leases")));
    for key in redis.keys() {
        let ends_in: i64 = redis.ask(&["PTTL", &key]).parse().expect("a time");
        assert!(ends_in > 0, "{key} stays for ever");
    }
}
