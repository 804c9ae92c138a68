//! A client that was offline catches up to exactly the state of a fresh one.

use std::collections::BTreeMap;

use chat_proto::client_frame::{Resume, RoomCursor, Subscription};
use chat_proto::ids::Seq;
use chat_proto::message::Item;
use chat_proto::request::{Delete, Edit};
use chat_proto::server_frame::ServerFrame;
use chat_tests::peer::{GENERAL, Peer, post};
use chat_tests::server::Server;

/// The state of a reader: the newest version of each item.
#[derive(Debug, Default, PartialEq)]
struct Shown(BTreeMap<Seq, Item>);

impl Shown {
    fn apply(&mut self, item: Item) {
        let is_newer = self.0.get(&item.seq).is_none_or(|before| before.changed < item.changed);
        if is_newer {
            self.0.insert(item.seq, item);
        }
    }
}

#[tokio::test]
async fn a_client_that_was_offline_sees_the_same_as_a_fresh_one() {
    let server = Server::start();
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let token = welcome.token.expect("a token");
    let mut shown = Shown::default();
    for number in 0..30 {
        ana.post(&format!("before-{number}"), "before").await;
    }
    ana.changes(Seq::ZERO).await.into_iter().for_each(|item| shown.apply(item));
    let cursor = shown.0.values().map(|item| item.changed).max().expect("items");
    // While offline: five hundred posts, twenty edits and ten deletions, of old and new messages.
    let mut numbers: Vec<Seq> = shown.0.keys().copied().skip(2).collect();
    for number in 0..500 {
        numbers.push(ana.post(&format!("away-{number}"), &format!("away {number}")).await.seq);
    }
    for edited in numbers.iter().step_by(26).take(20) {
        let body = "edited".parse().expect("a body");
        ana.call(&Edit { room: GENERAL, seq: *edited, body }).await;
    }
    for deleted in numbers.iter().skip(1).step_by(50).take(10) {
        ana.call(&Delete { room: GENERAL, seq: *deleted }).await;
    }
    let (mut back, _) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    back.changes(cursor).await.into_iter().for_each(|item| shown.apply(item));
    let mut fresh = Shown::default();
    back.changes(Seq::ZERO).await.into_iter().for_each(|item| fresh.apply(item));
    assert_eq!(fresh.0.len(), 531, "the join and every message, deleted or not");
    assert!(shown == fresh, "the two differ");
}

/// Posts fifty messages; returns the token of an account that missed them, and its cursors.
async fn fifty_missed(server: &Server) -> (String, Resume) {
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let rooms = vec![RoomCursor { room: GENERAL, after: welcome.account.rooms[0].head }];
    for number in 0..50 {
        ana.post(&format!("k{number}"), "missed").await;
    }
    (welcome.token.expect("a token"), Resume { epoch: welcome.epoch, account: welcome.account.head, rooms })
}

/// Reconnects and checks that the welcome brings all fifty.
async fn come_back(address: std::net::SocketAddr, token: &str, resume: &Resume) {
    let (_, back) = Peer::with_token(address, token, Subscription::All, Some(resume.clone())).await;
    assert_eq!((back.resumed[0].is_complete, back.resumed[0].items.len()), (true, 50));
}

#[tokio::test]
async fn the_welcome_brings_missed_messages_even_after_a_restart() {
    let mut server = Server::start();
    let (token, resume) = fifty_missed(&server).await;
    for _ in 0..2 {
        come_back(server.address(), &token, &resume).await;
        server.kill();
        server.restart();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_clients_resume_at_once_from_a_warm_server_and_after_a_restart() {
    let mut server = Server::start();
    let (token, resume) = fifty_missed(&server).await;
    for _ in 0..2 {
        let address = server.address();
        futures_util::future::join_all((0..1000).map(|_| come_back(address, &token, &resume))).await;
        server.kill();
        server.restart();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_stops_reading_costs_bounded_memory_and_recovers_by_changes() {
    let server = Server::start();
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let token = welcome.token.expect("a token");
    // Fills the room's ring and the database's caches, which are bounded but not what is measured here.
    post_many(&mut ana, "before", 500).await;
    let (mut slow, _) = Peer::with_token(server.address(), &token, Subscription::All, None).await;
    slow.take_little_unread();
    let before = server.resident_kib();
    post_many(&mut ana, "after", 1_250).await;
    let grown = server.resident_kib().saturating_sub(before);
    assert!(grown < 8 * 1024, "19 MiB for one reader that does not read made the server grow by {grown} KiB");
    // It reads again: some events, then one gap, and `changes` brings the rest.
    let mut has_gap = false;
    while !has_gap {
        has_gap = matches!(slow.next().await.expect("still connected"), ServerFrame::Gap(_));
    }
    assert_eq!(slow.changes(Seq::ZERO).await.len(), 1_751);
}

/// Posts messages of nearly 16 KB, 50 in flight at a time, so that they are posted long before a slow reader is given up.
async fn post_many(peer: &mut Peer, key: &str, count: usize) {
    const IN_FLIGHT: usize = 50;
    let body = "ä".repeat(7_900);
    for begun in (0..count).step_by(IN_FLIGHT) {
        for number in begun..begun + IN_FLIGHT {
            peer.start(&post(&format!("{key}-{number}"), &body)).await;
        }
        let mut answered = 0;
        while answered < IN_FLIGHT {
            match peer.next().await.expect("connected") {
                ServerFrame::Ok(_) => answered += 1,
                ServerFrame::Error(refused) => panic!("{refused:?}"),
                _ => {}
            }
        }
    }
}

#[tokio::test]
async fn a_listener_receives_another_persons_message() {
    let server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::All).await;
    let (mut ben, _) = Peer::register(server.address(), "ben", Subscription::All).await;
    let posted = ben.post("k", "hello @ana").await;
    let mut seen = Vec::new();
    while seen.len() < 2 {
        match ana.next().await.expect("connected") {
            ServerFrame::Event(event) if event.seq == posted.seq => seen.push("event"),
            ServerFrame::Account(_) => seen.push("account"),
            _ => {}
        }
    }
    seen.sort_unstable();
    assert_eq!(seen, ["account", "event"], "the message, and the mention on the account stream");
}
