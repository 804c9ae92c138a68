//! Unread counts: whose messages count, how long, and which devices learn of it.

use chat_proto::client_frame::Subscription;
use chat_proto::ids::Seq;
use chat_proto::request::{Account, AccountChanges, Delete, Life, Post, Read};
use chat_proto::room::ReadMarker;
use chat_proto::server_frame::{AccountChange, ServerFrame};
use chat_tests::peer::{GENERAL, Peer, post};
use chat_tests::server::Server;
use chat_tests::wait::eventually;

/// Returns what an account's snapshot counts in `#general`.
async fn marker(peer: &mut Peer) -> ReadMarker {
    peer.call(&Account {}).await.rooms.remove(0).read_marker
}

async fn counts(peer: &mut Peer) -> (u32, u32) {
    let marker = marker(peer).await;
    (marker.unread, marker.mentions)
}

fn ephemeral(key: &str, body: &str, ttl_ms: u64) -> Post {
    Post { life: Some(Life::TtlMs(ttl_ms)), ..post(key, body) }
}

const fn read(seq: Option<Seq>) -> Read {
    Read { room: GENERAL, seq, rewind: false }
}

#[tokio::test]
async fn own_messages_are_never_unread_and_posting_moves_no_read_marker() {
    let server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let (mut ben, there) = Peer::register(server.address(), "ben", Subscription::None).await;
    let read_seq = marker(&mut ben).await.read_seq;
    ana.post("k1", "one").await;
    for number in 0..5 {
        ben.post(&format!("own{number}"), "I mention myself, @ben").await;
    }
    ben.call(&ephemeral("own5", "for a minute, @ben", 60_000)).await;
    let marker = marker(&mut ben).await;
    assert_eq!((marker.unread, marker.mentions, marker.read_seq), (1, 0, read_seq));
    let missed = ben.call(&AccountChanges { after: there.account.head }).await;
    assert_eq!((missed.is_complete, missed.events.len()), (true, 0), "nobody mentions themselves");
}

#[tokio::test]
async fn ephemeral_messages_are_unread_until_they_are_read_deleted_or_over() {
    let server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let (mut ben, _) = Peer::register(server.address(), "ben", Subscription::None).await;
    let first = ana.call(&ephemeral("k1", "look, @ben", 600_000)).await;
    let mention = ben.pushed(|frame| match frame {
        ServerFrame::Account(event) => Some(event.change.clone()),
        _ => None,
    });
    let expected = AccountChange::Mention { room: GENERAL, seq: first.seq, expires_at: first.expires_at };
    assert_eq!(mention.await, expected);
    let second = ana.call(&ephemeral("k2", "to be deleted, @ben", 600_000)).await;
    ana.call(&ephemeral("k3", "over soon, @ben", 1_000)).await;
    ana.post("k4", "persistent").await;
    assert_eq!(counts(&mut ben).await, (4, 3));
    ana.call(&Delete { room: GENERAL, seq: second.seq }).await;
    eventually("the end of a message", async || (counts(&mut ben).await == (2, 1)).then_some(())).await;
    let last = ana.call(&ephemeral("k5", "the last one", 600_000)).await;
    let after_first = ben.call(&read(Some(first.seq))).await;
    assert_eq!((after_first.unread, after_first.mentions), (2, 0));
    assert_eq!(after_first.ephemeral.iter().map(|message| message.seq).collect::<Vec<_>>(), [last.seq]);
    // The database does not know the number of an ephemeral message: it is read nevertheless.
    let all = ben.call(&read(None)).await;
    assert_eq!((all.read_seq, all.unread), (last.seq, 0));
    let beyond = ben.call(&read(Some(Seq(999)))).await;
    assert_eq!(beyond.read_seq, last.seq, "at most to the end of the room");
    ana.post("k6", "the next one").await;
    assert_eq!(counts(&mut ben).await, (1, 0));
}

#[tokio::test]
async fn devices_are_notified_of_a_read_marker_that_moves_and_of_no_other() {
    let server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let (mut ben, welcome) = Peer::register(server.address(), "ben", Subscription::None).await;
    let token = welcome.token.expect("a token");
    let (mut second, there) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    let posted = ana.post("k1", "one").await;
    ben.post("k2", "my own").await;
    for _ in 0..3 {
        ben.call(&read(Some(posted.seq))).await;
    }
    let missed = second.call(&AccountChanges { after: there.account.head }).await;
    let moved: Vec<_> = missed.events.into_iter().map(|event| event.change).collect();
    let [AccountChange::ReadMarker { read_marker, .. }] = moved.as_slice() else { panic!("{moved:?}") };
    assert_eq!((read_marker.read_seq, read_marker.unread), (posted.seq, 0));
}
