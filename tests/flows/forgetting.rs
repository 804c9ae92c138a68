//! What was deleted or has expired is gone, also from the disk.

use std::time::Duration;

use chat_proto::client_frame::Subscription;
use chat_proto::ids::Seq;
use chat_proto::message::Content;
use chat_proto::request::{Delete, Edit, Life, Post};
use chat_tests::peer::{GENERAL, Peer, post};
use chat_tests::server::Server;
use chat_tests::wait::until;

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_text_leaves_the_disk_live_and_after_a_kill() {
    let mut server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let posted = ana.post("k", "zanzibarsecret one").await;
    assert!(server.holds("zanzibarsecret"), "the test looks in the right place");
    let body = "zanzibarsecret two".parse().expect("a body");
    ana.call(&Edit { room: GENERAL, seq: posted.seq, body }).await;
    ana.call(&Delete { room: GENERAL, seq: posted.seq }).await;
    until("the text's end on the disk", || (!server.holds("zanzibarsecret")).then_some(()));
    server.kill();
    assert!(!server.holds("zanzibarsecret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_deleted_just_before_a_kill_leaves_the_disk_after_the_restart() {
    let mut server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let posted = ana.post("k", "zanzibarsecret").await;
    ana.call(&Delete { room: GENERAL, seq: posted.seq }).await;
    server.kill();
    assert!(server.holds("zanzibarsecret"), "it still stands in the log");
    server.restart();
    until("the text's end on the disk", || (!server.holds("zanzibarsecret")).then_some(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ephemeral_message_never_touches_the_disk_and_ends_in_time() {
    let mut server = Server::start();
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let ephemeral = Post { life: Some(Life::TtlMs(1_500)), ..post("k", "zanzibarsecret") };
    let posted = ana.call(&ephemeral).await;
    let again = ana.call(&ephemeral).await;
    assert_eq!((again.seq, again.duplicate), (posted.seq, true));
    let is_there = |items: &[chat_proto::message::Item]| {
        items.iter().any(|item| item.seq == posted.seq && matches!(item.content, Content::Message(_)))
    };
    assert!(is_there(&ana.changes(Seq::ZERO).await), "it is there while it lives");
    assert!(!server.holds("zanzibarsecret"));
    // Not waited for: it has to be gone when its second and a half is over, and no later.
    tokio::time::sleep(Duration::from_millis(1_600)).await;
    assert!(!is_there(&ana.changes(Seq::ZERO).await), "it is gone when its time is up");
    server.kill();
    assert!(!server.holds("zanzibarsecret"));
    // Its number is never given again, although no record has it.
    server.restart();
    let token = welcome.token.expect("a token");
    let (mut ana, _) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    assert!(ana.post("k2", "later").await.seq > posted.seq);
}
