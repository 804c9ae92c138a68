//! Ephemeral messages live in Redis alone: they survive server restarts, expire on time and leave nothing behind.

use std::time::Duration;

use chat_proto::client_frame::Subscription;
use chat_proto::ids::Seq;
use chat_proto::message::{Content, Item};
use chat_proto::request::{Delete, Edit, History, Life, Ping, Post, Posted};
use chat_tests::peer::{GENERAL, Peer, post};
use chat_tests::redis::Redis;
use chat_tests::server::Server;

/// A server on this Redis.
pub(crate) fn server_on(redis: &Redis) -> Server {
    server_at(&redis.url())
}

/// A server on the Redis at an address.
pub(crate) fn server_at(url: &str) -> Server {
    Server::start_with(&["--redis", url], "[limits]\nenabled = false\n")
}

/// Returns an ephemeral message with this TTL.
pub(crate) fn ephemeral(key: &str, body: &str, ttl_ms: u64) -> Post {
    Post { life: Some(Life::TtlMs(ttl_ms)), ..post(key, body) }
}

/// Posts an ephemeral message, and retries if the server refuses it because Redis is slow, as on a busy machine.
pub(crate) async fn put(peer: &mut Peer, post: &Post) -> Posted {
    peer.until_taken("a post that Redis accepts", post).await
}

/// Returns the messages of `#general` by sequence number.
pub(crate) async fn texts(peer: &mut Peer) -> Vec<(Seq, String)> {
    let page = peer.call(&History { room: GENERAL, before: None, limit: 200 }).await;
    let text = |item: &Item| match &item.content {
        Content::Message(message) => Some((item.seq, message.body.to_string())),
        _ => None,
    };
    page.items.iter().filter_map(text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn ephemeral_messages_survive_a_restart_with_their_sequence_numbers_and_order() {
    let redis = Redis::start();
    let mut server = server_on(&redis);
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    ana.post("k1", "persistent").await;
    let first = put(&mut ana, &ephemeral("k2", "zanzibarsecret ephemeral", 600_000)).await;
    ana.post("k3", "persistent, too").await;
    let second = put(&mut ana, &ephemeral("k4", "to be edited", 600_000)).await;
    let gone = put(&mut ana, &ephemeral("k5", "to be deleted", 600_000)).await;
    let body = "edited".parse().expect("a body");
    ana.call(&Edit { room: GENERAL, seq: second.seq, body }).await;
    ana.call(&Delete { room: GENERAL, seq: gone.seq }).await;
    put(&mut ana, &ephemeral("k6", "over soon", 1_000)).await;
    let before: Vec<_> = texts(&mut ana).await.into_iter().filter(|(_, text)| text != "over soon").collect();
    assert_eq!(before.len(), 4);
    assert!(!server.holds("zanzibarsecret"), "neither in the database nor in the log");
    server.kill();
    assert!(!server.holds("zanzibarsecret"));
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    server.restart();
    let token = welcome.token.expect("a token");
    let (mut ana, _) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    assert_eq!(texts(&mut ana).await, before);
    let again = ana.call(&ephemeral("k2", "zanzibarsecret ephemeral", 600_000)).await;
    assert_eq!((again.seq, again.duplicate), (first.seq, true), "the key is still known");
    assert!(ana.post("k7", "later").await.seq > gone.seq, "no sequence number is reused");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_message_expires_on_time_while_the_room_is_written_to_without_pause() {
    let redis = Redis::start();
    let server = server_on(&redis);
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let first = put(&mut ana, &ephemeral("first", "the first", 2_000)).await;
    let mut number = 0;
    loop {
        number += 1;
        let posted = put(&mut ana, &ephemeral(&format!("k{number}"), &"x".repeat(1_000), 2_000)).await;
        let is_there = texts(&mut ana).await.iter().any(|(seq, _)| *seq == first.seq);
        // One is the time before the lookup, the other the time after it.
        let age = posted.at.since_ms(first.at);
        let latest = ana.call(&Ping {}).await.now.since_ms(first.at);
        assert!(is_there || latest >= 2_000, "it expired after {latest} ms");
        if !is_there {
            break;
        }
        assert!(age < 3_000, "it is still there after {age} ms");
    }
    assert!(redis.keys().iter().all(|key| key.starts_with("{chat}:")), "{:?}", redis.keys());
}
