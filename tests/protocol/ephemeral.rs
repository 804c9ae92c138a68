//! Ephemeral messages: sequence numbers, keys, replies and expiry.

use chat_proto::client_frame::Subscription;
use chat_proto::error::ErrorCode;
use chat_proto::ids::Seq;
use chat_proto::message::Content;
use chat_proto::request::{Delete, Edit, Join, Life, Ping, Post, Versions};
use chat_proto::room::RoomKind;
use chat_tests::peer::{GENERAL, Peer, post};
use chat_tests::server::Server;
use chat_tests::wait::eventually;

fn ephemeral(key: &str, body: &str) -> Post {
    Post { life: Some(Life::TtlMs(3_600_000)), ..post(key, body) }
}

fn edit(seq: Seq, body: &str) -> Edit {
    Edit { room: GENERAL, seq, body: body.parse().expect("a body") }
}

#[tokio::test]
async fn sequence_numbers_of_ephemeral_messages_and_their_edits_are_never_reused() {
    let mut server = Server::start();
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let first = ana.call(&ephemeral("k1", "ephemeral")).await;
    for number in 0..300 {
        ana.call(&edit(first.seq, &format!("ephemeral {number}"))).await;
    }
    let last = ana.call(&ephemeral("k2", "ephemeral, too")).await;
    server.kill();
    server.restart();
    let token = welcome.token.expect("a token");
    let (mut ana, _) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    let later = ana.post("k3", "persistent").await;
    assert!(later.seq > last.seq, "{later:?} after {last:?}");
}

#[tokio::test]
async fn a_key_identifies_one_text_in_one_room_even_after_expiry() {
    let server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let room = ana.create("builds", RoomKind::Public).await;
    let short = Post { life: Some(Life::TtlMs(1_000)), ..post("k", "ephemeral") };
    let first = ana.call(&short).await;
    let again = ana.call(&short).await;
    assert_eq!((again.seq, again.duplicate, again.expires_at), (first.seq, true, first.expires_at));
    for is_over in [false, true] {
        if is_over {
            let end = first.expires_at.expect("an end");
            eventually("the end", async || (ana.call(&Ping {}).await.now >= end).then_some(())).await;
        }
        assert_eq!(ana.refused(&Post { room, ..short.clone() }).await, ErrorCode::KeyReused, "another room");
        let other = Post { body: "another".parse().expect("a body"), ..short.clone() };
        assert_eq!(ana.refused(&other).await, ErrorCode::KeyReused, "another text");
    }
    assert!(ana.call(&short).await.duplicate);
}

#[tokio::test]
async fn a_reply_to_an_ephemeral_message_expires_with_it_and_never_touches_the_disk() {
    let server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let asked = ana.call(&ephemeral("k1", "what is the key?")).await;
    let answer = Post { reply_to: Some(asked.seq), ..post("k2", "zanzibarsecret") };
    assert_eq!(ana.call(&answer).await.expires_at, asked.expires_at);
    assert!(!server.holds("zanzibarsecret"));
    let missing = Post { reply_to: Some(Seq(999)), ..post("k3", "x") };
    assert_eq!(ana.refused(&missing).await, ErrorCode::NotFound);
    let persistent = ana.post("k4", "persistent").await;
    let answer = Post { reply_to: Some(persistent.seq), ..post("k5", "so is this") };
    assert_eq!(ana.call(&answer).await.expires_at, None);
}

#[tokio::test]
async fn the_welcome_counts_ephemeral_messages() {
    let server = Server::start();
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let persistent = ana.post("k1", "persistent").await;
    let last = ana.call(&ephemeral("k2", "ephemeral")).await;
    let token = welcome.token.expect("a token");
    let (_, again) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    let head = again.account.rooms[0].head;
    assert_eq!((head.seq, head.persistent), (last.seq, persistent.seq));
}

#[tokio::test]
async fn who_has_filled_a_share_is_refused_alone_and_deleting_helps() {
    let settings = "[limits]\nenabled = false\n[ephemeral]\naccount_mib = 1\nroom_mib = 2\n";
    let server = Server::start_with(&[], settings);
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let room = ana.create("builds", RoomKind::Public).await;
    let long = "é".repeat(8_000);
    let mut posted = Vec::new();
    // Fills the share of everyone in turn until the room is full.
    let mut refused = Vec::new();
    for name in ["ben", "cleo", "dan"] {
        let (mut peer, _) = Peer::register(server.address(), name, Subscription::None).await;
        peer.call(&Join { room }).await;
        for number in 0..80 {
            match peer.try_call(&Post { room, ..ephemeral(&format!("k{number}"), &long) }).await.expect("connected") {
                Ok(done) => posted.push(done.seq),
                Err(error) => {
                    assert_eq!((error.code, error.retryable), (ErrorCode::EphemeralFull, false), "{error}");
                    refused.push(error.message);
                    break;
                }
            }
        }
        peer.post(&format!("from-{name}"), "a persistent message stands apart").await;
    }
    assert!(refused[0].contains("your ephemeral messages") && refused[0].contains("1.0 MiB"), "{refused:?}");
    assert!(refused[2].contains("2.0 MiB") && refused[2].contains("room's owner"), "{refused:?}");
    // The room's owner, who wrote none of them, may make room; nobody else may.
    let (mut eve, _) = Peer::register(server.address(), "eve", Subscription::None).await;
    eve.call(&Join { room }).await;
    assert_eq!(eve.refused(&Delete { room, seq: posted[0] }).await, ErrorCode::NotAllowed);
    let full = Post { room, ..ephemeral("late", &long) };
    assert_eq!(eve.refused(&full).await, ErrorCode::EphemeralFull);
    for seq in &posted[..2] {
        ana.call(&Delete { room, seq: *seq }).await;
    }
    eve.call(&full).await;
    let persistent = eve.call(&Post { room, ..post("kept", "persistent") }).await;
    assert_eq!(ana.refused(&Delete { room, seq: persistent.seq }).await, ErrorCode::NotAllowed, "only its author");
}

#[tokio::test]
async fn two_accounts_that_post_and_delete_deny_a_room_to_nobody() {
    let server = Server::start_with(&[], "[limits]\nenabled = false\n[ephemeral]\naccount_mib = 1\nroom_mib = 1\n");
    let churn = async |name: &str| {
        let (mut peer, _) = Peer::register(server.address(), name, Subscription::None).await;
        // Together more than a MiB, if each counted on.
        for number in 0..2_400 {
            let posted = peer.call(&ephemeral(&format!("k{number}"), "ok")).await;
            peer.call(&Delete { room: GENERAL, seq: posted.seq }).await;
        }
        let retry = peer.call(&ephemeral("k0", "ok")).await;
        assert!(retry.duplicate, "its key is known, although its tombstone is gone");
    };
    tokio::join!(churn("ana"), churn("ben"));
    let (mut cleo, _) = Peer::register(server.address(), "cleo", Subscription::None).await;
    cleo.call(&ephemeral("k0", "nobody denies this")).await;
}

#[tokio::test]
async fn an_edit_racing_a_deletion_restores_nothing() {
    let server = Server::start();
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let token = welcome.token.expect("a token");
    let (mut other, _) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    for number in 0..60 {
        let posted = ana.call(&ephemeral(&format!("k{number}"), "ephemeral")).await;
        let (change, gone) = (edit(posted.seq, "edited"), Delete { room: GENERAL, seq: posted.seq });
        let (_, deleted) = tokio::join!(other.try_call(&change), ana.call(&gone));
        assert!(deleted.changed > posted.seq);
        let items = ana.changes(Seq(posted.seq.0 - 1)).await;
        let item = items.iter().find(|item| item.seq == posted.seq).expect("its tombstone");
        assert!(matches!(item.content, Content::Deleted { .. }), "round {number}: {item:?}");
    }
}

#[tokio::test]
async fn a_message_that_is_gone_has_no_versions() {
    let server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let versions = |seq| Versions { room: GENERAL, seq };
    assert_eq!(ana.refused(&versions(Seq(1))).await, ErrorCode::NotFound, "a join has no text");
    let short = ana.call(&Post { life: Some(Life::TtlMs(1_000)), ..post("k1", "ephemeral") }).await;
    assert_eq!(ana.call(&versions(short.seq)).await.versions.len(), 0);
    for (number, new) in [post("k2", "persistent"), ephemeral("k3", "ephemeral, too")].iter().enumerate() {
        let posted = ana.call(new).await;
        ana.call(&edit(posted.seq, "edited")).await;
        ana.call(&Delete { room: GENERAL, seq: posted.seq }).await;
        let refused = ana.try_call(&versions(posted.seq)).await.expect("an answer").expect_err("deleted");
        assert_eq!((refused.code, refused.message.contains("deleted")), (ErrorCode::NotFound, true), "{number}");
    }
    let end = short.expires_at.expect("an end");
    eventually("the end", async || (ana.call(&Ping {}).await.now >= end).then_some(())).await;
    assert_eq!(ana.refused(&versions(short.seq)).await, ErrorCode::NotFound, "expired");
}
