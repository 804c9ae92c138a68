//! State mirrored in Redis for restarts and other processes: typing and trending words.

use chat_proto::client_frame::Subscription;
use chat_proto::request::{SetTyping, Trending};
use chat_tests::peer::{GENERAL, Peer, post};
use chat_tests::redis::Redis;
use chat_tests::wait::{eventually, until};

use super::lives::{ephemeral, put, server_on};

fn key_of(redis: &Redis, part: &str) -> Option<String> {
    redis.keys().into_iter().find(|key| key.contains(part))
}

#[tokio::test(flavor = "multi_thread")]
async fn typing_is_in_redis_until_it_stops() {
    let redis = Redis::start();
    let server = server_on(&redis);
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    ana.call(&SetTyping { room: GENERAL, is_typing: true }).await;
    let key = until("her typing", || key_of(&redis, ":typing:"));
    let typist = redis.ask(&["ZRANGE", &key, "0", "-1"]);
    assert!(typist.ends_with(&format!(":{}", welcome.user.id.0)), "{typist}");
    ana.post("k1", "done").await;
    until("the end of her typing", || key_of(&redis, ":typing:").is_none().then_some(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn trending_words_survive_a_killed_server() {
    let redis = Redis::start();
    let mut server = server_on(&redis);
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    // More than a starting room reads again.
    for number in 0..400 {
        ana.start(&post(&format!("k{number}"), "the clock is flaky")).await;
    }
    put(&mut ana, &ephemeral("ephemeral", "zanzibarsecret", 600_000)).await;
    ana.post("last", "resume").await;
    let words = || key_of(&redis, ":trending:").map(|key| redis.ask(&["GET", &key]));
    let mirrored = until("the last word", || words().filter(|words| words.contains("resume")));
    assert!(!mirrored.contains("zanzibarsecret"), "words of ephemeral messages are not mirrored");
    server.kill();
    server.restart();
    let token = welcome.token.expect("a token");
    let (mut ana, _) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    eventually("the weight of a word in the mirror", async || {
        let top = ana.call(&Trending { room: GENERAL, limit: 3 }).await.words;
        assert_eq!(top.first().map(|topic| topic.word.as_str()), Some("clock"));
        top.first().is_some_and(|topic| topic.score > 390.0).then_some(())
    })
    .await;
}
