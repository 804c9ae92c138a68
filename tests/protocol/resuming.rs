//! The welcome of a client that resumes.

use chat_proto::client_frame::{Resume, RoomCursor, Subscription};
use chat_proto::cursor::{Cursor, Parted};
use chat_proto::ids::{AccountSeq, Epoch, Seq};
use chat_proto::request::{Changes, Delete, Life, Post};
use chat_proto::server_frame::ServerFrame;
use chat_tests::peer::{GENERAL, Peer, post};
use chat_tests::server::Server;

use crate::http::{get, samples};

#[tokio::test]
async fn cursors_of_another_epoch_bring_nothing() {
    let server = Server::start();
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let token = welcome.token.clone().expect("a token");
    for number in 0..5 {
        ana.post(&format!("k{number}"), "text").await;
    }
    let cursor = |after| vec![RoomCursor { room: GENERAL, after: ana.at(after) }];
    let resume = |epoch: &Epoch, after| Resume { epoch: epoch.clone(), account: AccountSeq(0), rooms: cursor(after) };
    let of_this = resume(&welcome.epoch, Seq(3));
    let (_, known) = Peer::with_token(server.address(), &token, Subscription::All, Some(of_this)).await;
    let brought = known.resumed.iter().find(|resumed| resumed.room == GENERAL).expect("the resumed room");
    assert!(brought.is_complete);
    assert_eq!(brought.items.first().map(|item| item.changed), Some(Seq(4)));
    let foreign = resume(&Epoch("another".into()), Seq(3));
    let (_, other) = Peer::with_token(server.address(), &token, Subscription::All, Some(foreign)).await;
    assert!(
        other.resumed.iter().all(|resumed| !resumed.is_complete && resumed.items.is_empty()),
        "{:?}",
        other.resumed
    );
    assert_eq!(other.epoch, welcome.epoch);
}

#[tokio::test]
async fn long_messages_fall_out_of_memory_and_come_from_the_database() {
    let server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let long = "é".repeat(8_000);
    let mut seqs = Vec::new();
    for number in 0..40 {
        seqs.push(ana.post(&format!("k{number}"), &long).await.seq);
    }
    for (after, is_in_memory) in [(34, true), (4, false)] {
        let found: Vec<_> = ana.changes(seqs[after]).await.iter().map(|item| item.seq).collect();
        assert_eq!(found, seqs[after + 1..]);
        let misses = samples(&get(&server, "/metrics", "").await)["chat_ring_misses_total"];
        assert_eq!(misses == 0.0, is_in_memory, "{misses}");
    }
}

#[tokio::test]
async fn a_cursor_beyond_the_head_is_of_another_life() {
    let server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let posted = ana.post("k", "text").await;
    let beyond = ana.at(Seq(posted.seq.0 + 1_000));
    let page = ana.call(&Changes { room: GENERAL, after: beyond, limit: 10 }).await;
    assert_eq!((page.items, page.parted), (Vec::new(), Some(Parted { at: Some(posted.seq) })));
    assert_eq!((page.next, page.head.seq), (page.head, posted.seq));
    let stored_by_a_former_version = Cursor::unknown(posted.seq);
    let page = ana.call(&Changes { room: GENERAL, after: stored_by_a_former_version, limit: 10 }).await;
    assert_eq!((page.items, page.parted, page.next), (Vec::new(), Some(Parted { at: None }), Cursor::START));
}

#[tokio::test]
async fn what_is_pushed_and_what_is_pulled_make_the_same_cursor() {
    let server = Server::start();
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::All).await;
    let mut cursor = welcome.account.rooms[0].head;
    let posted = ana.post("k1", "persistent").await;
    let gone = ana.call(&Post { life: Some(Life::TtlMs(60_000)), ..post("k2", "ephemeral") }).await;
    let deleted = ana.call(&Delete { room: GENERAL, seq: gone.seq }).await;
    while cursor.seq < deleted.changed {
        let pushed = |frame: &ServerFrame| match frame {
            ServerFrame::Event(event) => Some((event.seq, event.is_ephemeral)),
            _ => None,
        };
        let (seq, is_ephemeral) = ana.pushed(pushed).await;
        cursor = cursor.after(Some(welcome.run), seq, is_ephemeral);
    }
    assert_eq!((cursor.seq, cursor.persistent), (deleted.changed, posted.seq), "its deletion is ephemeral, too");
    let page = ana.call(&Changes { room: GENERAL, after: Cursor::START, limit: 10 }).await;
    assert_eq!((page.next, page.head), (cursor, cursor));
}
