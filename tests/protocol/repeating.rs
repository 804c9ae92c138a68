//! Requests that are repeated in doubt: a deletion says that it is done, an edit answers the message's last change.

use chat_proto::client_frame::Subscription;
use chat_proto::error::ErrorCode;
use chat_proto::request::{Delete, Edit, Life, Post};
use chat_tests::peer::{GENERAL, Peer, post};
use chat_tests::server::Server;

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_deletion_says_that_it_is_done_also_after_a_restart() {
    let mut server = Server::start();
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let (mut ben, _) = Peer::register(server.address(), "ben", Subscription::None).await;
    let persistent = ana.post("k1", "persistent").await.seq;
    let ephemeral = ana.call(&Post { life: Some(Life::TtlMs(600_000)), ..post("k2", "ephemeral") }).await.seq;
    for seq in [persistent, ephemeral] {
        let delete = Delete { room: GENERAL, seq };
        let first = ana.call(&delete).await;
        ana.post(&format!("later-{seq}"), "later").await;
        assert_eq!(ana.call(&delete).await, first, "the same answer");
        assert_eq!(ben.refused(&delete).await, ErrorCode::NotAllowed);
        let edit = Edit { room: GENERAL, seq, body: "again".parse().expect("a body") };
        assert_eq!(ana.refused(&edit).await, ErrorCode::NotFound);
    }
    // More than a starting room keeps in memory.
    for number in 0..300 {
        ana.start(&post(&format!("more-{number}"), "more")).await;
    }
    let delete = Delete { room: GENERAL, seq: persistent };
    let before = ana.call(&delete).await;
    server.terminate();
    server.restart();
    let token = welcome.token.expect("a token");
    let (mut ana, _) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    assert_eq!(ana.call(&delete).await, before);
    assert_eq!(ana.refused(&Delete { room: GENERAL, seq: chat_proto::ids::Seq(9_999) }).await, ErrorCode::NotFound);
}

#[tokio::test]
async fn an_edit_to_the_same_text_answers_the_last_change_of_the_message() {
    let server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let seq = ana.post("k1", "one").await.seq;
    let edit = |body: &str| Edit { room: GENERAL, seq, body: body.parse().expect("a body") };
    assert_eq!(ana.call(&edit("one")).await.changed, seq, "it was never changed");
    let changed = ana.call(&edit("two")).await.changed;
    ana.post("k2", "later").await;
    assert_eq!(ana.call(&edit("two")).await.changed, changed, "not the room's last number");
}
