//! `history`: its limit counts messages, joins come beside them, and a room's end needs no query.

use chat_proto::client_frame::Subscription;
use chat_proto::ids::{RoomId, Seq};
use chat_proto::message::{Content, Item, JoinRun};
use chat_proto::request::{History, HistoryPage, Join, Leave, Life, Post, SetRsvp, SetTopic};
use chat_proto::room::Rsvp;
use chat_tests::peer::{GENERAL, Peer, post, public_room};
use chat_tests::server::Server;

use crate::http::{get, samples};

/// All pages of a room with so many messages each, put together; the newest page first has its place at the end.
async fn all_pages(peer: &mut Peer, room: RoomId, limit: u32) -> (Vec<Item>, Vec<JoinRun>) {
    let (mut items, mut joins) = (Vec::new(), Vec::new());
    let mut before = None;
    loop {
        let page: HistoryPage = peer.call(&History { room, before, limit }).await;
        let messages = page.items.iter().filter(|item| item.content.message().is_some()).count();
        assert!(messages <= limit as usize, "{page:?}");
        assert!(page.next_before.is_none() || messages == limit as usize, "no join takes a message's place: {page:?}");
        assert!(page.items.iter().all(|item| !matches!(item.content, Content::Join | Content::Leave)), "{page:?}");
        for run in &page.joins {
            let within = page.items.iter().filter(|item| run.from_seq < item.seq && item.seq < run.to_seq);
            assert_eq!(within.count(), 0, "{page:?}");
            assert!(run.users.iter().all(|id| page.users.iter().any(|user| user.id == *id)), "all have names");
        }
        items.splice(0..0, page.items);
        joins.splice(0..0, page.joins);
        before = page.next_before;
        if before.is_none() {
            return (items, joins);
        }
    }
}

async fn come_and_go(peer: &mut Peer, room: RoomId, times: usize) {
    for _ in 0..times {
        peer.call(&Join { room }).await;
        peer.call(&Leave { room }).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limit_counts_messages_and_joins_come_condensed_beside_them() {
    let mut server = Server::start();
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let (mut ben, _) = Peer::register(server.address(), "ben", Subscription::None).await;
    let room = ana.create("ops", chat_proto::room::RoomKind::Public).await;
    let say = async |peer: &mut Peer, key: &str| peer.call(&Post { room, ..post(key, key) }).await.seq;
    come_and_go(&mut ben, room, 5).await;
    say(&mut ana, "one").await;
    ana.call(&SetTopic { room, topic: "friday".parse().ok() }).await;
    come_and_go(&mut ben, room, 1).await;
    say(&mut ana, "two").await;
    say(&mut ana, "three").await;
    come_and_go(&mut ben, room, 10).await;
    let ephemeral = Post { life: Some(Life::TtlMs(600_000)), room, ..post("between", "between") };
    let between = ana.call(&ephemeral).await.seq;
    come_and_go(&mut ben, room, 15).await;
    say(&mut ana, "four").await;
    ben.call(&Join { room }).await;

    let counts = |joins: &[JoinRun]| joins.iter().map(|run| (run.joined, run.left)).collect::<Vec<_>>();
    // With ana's own join.
    let parted = [(6, 5), (1, 1), (10, 10), (15, 15), (1, 0)];
    for limit in [1, 2, 3, 200] {
        let (items, joins) = all_pages(&mut ana, room, limit).await;
        let texts: Vec<_> = items.iter().filter_map(|item| Some(item.content.message()?.body.as_str())).collect();
        assert_eq!(texts, ["one", "two", "three", "between", "four"], "{limit} on a page");
        assert_eq!(items.len(), 6, "and the topic");
        assert_eq!(counts(&joins), parted, "{limit} on a page");
        assert!(joins.iter().any(|run| run.to_seq < between) && joins.iter().any(|run| run.from_seq > between));
    }
    let from_memory = all_pages(&mut ana, room, 200).await;
    // Read from the database, where the ephemeral message is not; by the room's next actor.
    let before = Some(Seq(1_000));
    let from_database: HistoryPage = ana.call(&History { room, before, limit: 200 }).await;
    assert_eq!((from_database.items, from_database.joins), from_memory);
    server.kill();
    server.restart();
    let token = welcome.token.expect("a token");
    let (mut ana, _) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    let (items, joins) = all_pages(&mut ana, room, 2).await;
    assert_eq!(items.len(), 5);
    assert_eq!(counts(&joins), [(6, 5), (1, 1), (25, 25), (1, 0)], "nothing parts them any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_with_nothing_but_joins_is_not_empty() {
    let server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let room = ana.call(&public_room("ops")).await.room.id;
    let page = ana.call(&History { room, before: None, limit: 10 }).await;
    assert_eq!((page.items.len(), page.joins.len(), page.next_before), (0, 1, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_answers_after_the_last_messages_make_no_query() {
    let mut server = Server::start();
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    for number in 0..60 {
        ana.post(&format!("k{number}"), &format!("text {number}")).await;
    }
    for number in 0..300 {
        let answer = if number % 2 == 0 { Rsvp::Attending } else { Rsvp::Interested };
        ana.call(&SetRsvp { room: GENERAL, answer }).await;
    }
    let reads = async |server: &Server| {
        let samples = samples(&get(server, "/metrics", "").await);
        (samples["chat_ring_hits_total"], samples["chat_ring_misses_total"])
    };
    let last = History { room: GENERAL, before: None, limit: 50 };
    let before = reads(&server).await;
    let page = ana.call(&last).await;
    assert_eq!(reads(&server).await, (before.0 + 1.0, before.1), "from memory");
    let messages = page.items.iter().filter(|item| item.content.message().is_some()).count();
    assert_eq!((messages, page.items.len()), (50, 51), "and the answer");
    let older = ana.call(&History { limit: 51, ..last }).await;
    assert_eq!(older.items.len(), 52);
    assert_eq!(reads(&server).await, (before.0 + 1.0, before.1 + 1.0), "not that many are in memory");
    // The room starts with them, too.
    server.kill();
    server.restart();
    let token = welcome.token.expect("a token");
    let (mut ana, _) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    let before = reads(&server).await;
    assert_eq!(ana.call(&last).await.items, page.items);
    assert_eq!(reads(&server).await, (before.0 + 1.0, before.1));
}
