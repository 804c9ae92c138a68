//! Refusals while Redis fails: each failed request is refused with its own message, and requests that do not need Redis
//! are not delayed.

use std::time::Duration;

use chat_proto::client_frame::Subscription;
use chat_proto::error::ErrorCode;
use chat_proto::request::{Delete, Edit, Life, Post};
use chat_proto::room::RoomKind;
use chat_proto::server_frame::ServerFrame;
use chat_tests::peer::{GENERAL, Peer, post};
use chat_tests::redis::Redis;
use chat_tests::server::Server;
use chat_tests::wait::until;
use tokio::time::Instant;

use super::lives::{ephemeral, put, server_on, texts};

fn is_service(frame: &ServerFrame) -> bool {
    matches!(frame, ServerFrame::Service(_))
}

fn key_ending(redis: &Redis, end: &str) -> String {
    redis.keys().into_iter().find(|key| key.ends_with(end)).expect("a key")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_persistent_post_over_the_rate_is_refused_without_asking_redis_and_an_ephemeral_one_soon() {
    let redis = Redis::start();
    let settings =
        "[limits]\nposts_per_second = 1\nposts_burst = 1\nlocal_posts_per_second = 1\nlocal_posts_burst = 1\n";
    let server = Server::start_with(&["--redis", &redis.url()], settings);
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::All).await;
    let persistent = Post { life: Some(Life::Persistent), ..post("first", "first") };
    ana.until_taken("the first post", &persistent).await;
    redis.freeze();
    // A message without a life takes its room's default: persistent here.
    for (life, limit_ms) in [(Some(Life::Persistent), 200), (None, 200), (Some(Life::TtlMs(9_000)), 400)] {
        let mut refused_after = Vec::new();
        for number in 0..50 {
            let key = format!("k{number}");
            let attempt = Post { life, ..post(&key, &format!("{key} {life:?}")) };
            let since = Instant::now();
            let answer = ana.try_call(&attempt).await.expect("connected");
            // If the machine is slow, the rate allows one more.
            if answer.is_err_and(|error| error.code == ErrorCode::RateLimited) {
                refused_after.push(since.elapsed());
            }
            // A refusal that waits for Redis is late every time; one on a busy machine is not.
            let is_quick = refused_after.last().is_some_and(|elapsed| *elapsed < Duration::from_millis(limit_ms));
            if is_quick || refused_after.len() == 3 {
                break;
            }
        }
        let quickest = refused_after.iter().min().expect("a refusal");
        assert!(*quickest < Duration::from_millis(limit_ms), "{life:?} was refused after {refused_after:?}");
    }
    redis.thaw();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_edit_or_deletion_says_that_it_was_not_made() {
    let mut redis = Redis::start();
    let server = server_on(&redis);
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let seq = put(&mut ana, &ephemeral("k", "ephemeral", 600_000)).await.seq;
    redis.kill();
    let body = "edited".parse().expect("a body");
    let edit = ana.try_call(&Edit { room: GENERAL, seq, body }).await.expect("connected").expect_err("refused");
    assert_eq!(edit.code, ErrorCode::LiveUnavailable);
    assert!(edit.message.starts_with("The edit was not made: "), "{}", edit.message);
    let delete = ana.try_call(&Delete { room: GENERAL, seq }).await.expect("connected").expect_err("refused");
    assert!(delete.message.starts_with("The message was not deleted: "), "{}", delete.message);
    let posted = ana.try_call(&ephemeral("k2", "ephemeral", 600_000)).await.expect("connected").expect_err("refused");
    assert!(posted.message.starts_with("The message was not accepted: "), "{}", posted.message);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_number_of_ephemeral_messages_is_omitted_while_it_is_unknown() {
    let redis = Redis::start();
    let server = server_on(&redis);
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    put(&mut ana, &ephemeral("k", "ephemeral", 600_000)).await;
    let totals = |count: usize| {
        let log = server.log();
        let lines: Vec<&str> = log.lines().filter(|line| line.contains("the last ten seconds")).collect();
        (lines.len() >= count).then(|| lines.last().map(ToString::to_string).unwrap_or_default())
    };
    let line = until("the first totals", || totals(1));
    assert!(line.contains("ephemeral_alive=1"), "{line}");
    redis.freeze();
    ana.post("persistent", "persistent").await;
    let line = until("the second totals", || totals(2));
    redis.thaw();
    assert!(!line.contains("ephemeral_alive"), "{line}");
    assert!(line.contains("posts=1"), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_programs_value_under_a_key_affects_only_the_requests_that_need_it() {
    let redis = Redis::start();
    let server = server_on(&redis);
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::All).await;
    let other = ana.create("other", RoomKind::Public).await;
    put(&mut ana, &ephemeral("before", "before", 600_000)).await;
    let entries = key_ending(&redis, ":entries");
    redis.ask(&["SET", &entries, "not ours"]);
    ana.pushed.clear();
    let began = Instant::now();
    let mut number = 0;
    while began.elapsed() < Duration::from_secs(3) {
        number += 1;
        let key = format!("k{number}");
        let refused = ana.try_call(&ephemeral(&key, &key, 600_000)).await.expect("connected").expect_err("refused");
        assert_eq!((refused.code, refused.retryable), (ErrorCode::LiveUnavailable, true));
        assert!(refused.message.contains("something else"), "{}", refused.message);
        ana.post(&format!("l{number}"), "persistent").await;
        ana.call(&Post { room: other, ..ephemeral(&format!("o{number}"), "elsewhere", 600_000) }).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(!ana.pushed.iter().any(is_service), "the service flaps");
    let log = server.log();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("WRONGTYPE")).collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains(&entries), "{lines:?}");
    redis.ask(&["DEL", &entries]);
    assert!(!ana.call(&ephemeral("k1", "k1", 600_000)).await.duplicate, "it was refused before");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_refused_for_another_programs_value_does_not_appear_later() {
    let redis = Redis::start();
    let mut server = server_on(&redis);
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    put(&mut ana, &ephemeral("before", "before", 600_000)).await;
    // The last key written for a post: all others are written when it is refused.
    let rooms = key_ending(&redis, ":rooms");
    redis.ask(&["SET", &rooms, "not ours"]);
    assert_eq!(ana.refused(&ephemeral("unacknowledged", "unacknowledged", 600_000)).await, ErrorCode::LiveUnavailable);
    let entries = key_ending(&redis, ":entries");
    until("its compensation", || (!redis.ask(&["HVALS", &entries]).contains("unacknowledged")).then_some(()));
    server.kill();
    redis.ask(&["DEL", &rooms]);
    server.restart();
    let token = welcome.token.expect("a token");
    let (mut ana, _) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    assert_eq!(texts(&mut ana).await.into_iter().map(|(_, text)| text).collect::<Vec<_>>(), ["before"]);
    assert!(
        !ana.call(&ephemeral("unacknowledged", "unacknowledged", 600_000)).await.duplicate,
        "it was refused before"
    );
}
