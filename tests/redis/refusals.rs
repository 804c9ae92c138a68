//! What is refused while Redis does not do its work, and how: each thing by itself, in its own words, without delay for
//! what Redis has no part in.

use std::time::Duration;

use chat_proto::client_frame::Subscription;
use chat_proto::error::ErrorCode;
use chat_proto::request::{Delete, Edit, Life, Post};
use chat_tests::peer::{GENERAL, Peer, post};
use chat_tests::redis::Redis;
use chat_tests::server::Server;
use chat_tests::wait::until;
use tokio::time::Instant;

use super::lives::{brief, server_on};

#[tokio::test(flavor = "multi_thread")]
async fn a_lasting_post_over_the_rate_is_refused_without_asking_redis_and_a_brief_one_soon() {
    let redis = Redis::start();
    let settings =
        "[limits]\nposts_per_second = 1\nposts_burst = 1\nlocal_posts_per_second = 1\nlocal_posts_burst = 1\n";
    let server = Server::start_with(&["--redis", &redis.url()], settings);
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::All).await;
    let lasting = Post { life: Some(Life::Lasting), ..post("first", "first") };
    while ana.try_call(&lasting).await.expect("connected").is_err() {}
    redis.freeze();
    // Without a life of its own a message lives as its room says: here it lasts.
    for (life, limit_ms) in [(Some(Life::Lasting), 200), (None, 200), (Some(Life::TtlMs(9_000)), 400)] {
        for number in 0.. {
            let key = format!("k{number}");
            let attempt = Post { life, ..post(&key, &format!("{key} {life:?}")) };
            let since = Instant::now();
            let answer = ana.try_call(&attempt).await.expect("connected");
            // Where the machine was slow, the rate allows one more.
            if answer.is_err_and(|error| error.code == ErrorCode::RateLimited) {
                let elapsed = since.elapsed();
                assert!(elapsed < Duration::from_millis(limit_ms), "{life:?} was refused after {elapsed:?}");
                break;
            }
        }
    }
    redis.thaw();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_edit_or_deletion_says_that_it_was_not_made() {
    let mut redis = Redis::start();
    let server = server_on(&redis);
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let seq = ana.call(&brief("k", "brief", 600_000)).await.seq;
    redis.kill();
    let body = "edited".parse().expect("a body");
    let edit = ana.try_call(&Edit { room: GENERAL, seq, body }).await.expect("connected").expect_err("refused");
    assert_eq!(edit.code, ErrorCode::LiveUnavailable);
    assert!(edit.message.starts_with("The edit was not made: "), "{}", edit.message);
    let delete = ana.try_call(&Delete { room: GENERAL, seq }).await.expect("connected").expect_err("refused");
    assert!(delete.message.starts_with("The message was not deleted: "), "{}", delete.message);
    let posted = ana.try_call(&brief("k2", "brief", 600_000)).await.expect("connected").expect_err("refused");
    assert!(posted.message.starts_with("The message was not taken: "), "{}", posted.message);
}

#[tokio::test(flavor = "multi_thread")]
async fn how_many_are_alive_is_not_said_while_nobody_knows() {
    let redis = Redis::start();
    let server = server_on(&redis);
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    ana.call(&brief("k", "brief", 600_000)).await;
    let totals = |count: usize| {
        let log = server.log();
        let lines: Vec<&str> = log.lines().filter(|line| line.contains("the last ten seconds")).collect();
        (lines.len() >= count).then(|| lines.last().map(ToString::to_string).unwrap_or_default())
    };
    let line = until("the first totals", || totals(1));
    assert!(line.contains("ephemeral_alive=1"), "{line}");
    redis.freeze();
    ana.post("lasting", "lasting").await;
    let line = until("the second totals", || totals(2));
    redis.thaw();
    assert!(!line.contains("ephemeral_alive"), "{line}");
    assert!(line.contains("posts=1"), "{line}");
}
