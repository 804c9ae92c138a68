//! Deleted and expired messages are gone, also from the disk.

use chat_proto::client_frame::Subscription;
use chat_proto::ids::Seq;
use chat_proto::message::Content;
use chat_proto::request::{Delete, Edit, Life, Ping, Post};
use chat_tests::peer::{GENERAL, Peer, post};
use chat_tests::server::Server;
use chat_tests::wait::{eventually, until};

#[tokio::test(flavor = "multi_thread")]
async fn deleted_text_leaves_the_disk_at_once_and_stays_away_after_a_kill() {
    let mut server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let posted = ana.post("k", "zanzibarsecret one").await;
    assert!(server.holds("zanzibarsecret"), "the test looks in the right place");
    let body = "zanzibarsecret two".parse().expect("a body");
    ana.call(&Edit { room: GENERAL, seq: posted.seq, body }).await;
    ana.call(&Delete { room: GENERAL, seq: posted.seq }).await;
    until("the text to leave the disk", || (!server.holds("zanzibarsecret")).then_some(()));
    server.kill();
    assert!(!server.holds("zanzibarsecret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn text_deleted_just_before_a_kill_leaves_the_disk_after_the_restart() {
    let mut server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let posted = ana.post("k", "zanzibarsecret").await;
    ana.call(&Delete { room: GENERAL, seq: posted.seq }).await;
    server.kill();
    assert!(server.holds("zanzibarsecret"), "it is still in the log");
    server.restart();
    until("the text to leave the disk", || (!server.holds("zanzibarsecret")).then_some(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ephemeral_message_never_touches_the_disk_and_expires_on_time() {
    let mut server = Server::start();
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let ephemeral = Post { life: Some(Life::TtlMs(4_000)), ..post("k", "zanzibarsecret") };
    let posted = ana.call(&ephemeral).await;
    let end = posted.expires_at.expect("an end");
    let again = ana.call(&ephemeral).await;
    assert_eq!((again.seq, again.duplicate), (posted.seq, true));
    let is_there = |items: &[chat_proto::message::Item]| {
        items.iter().any(|item| item.seq == posted.seq && matches!(item.content, Content::Message(_)))
    };
    assert!(is_there(&ana.changes(Seq::ZERO).await), "it is there before it expires");
    assert!(!server.holds("zanzibarsecret"));
    // By the server's own clock, so that no machine is too slow: it disappears when it expires, and no earlier. A read
    // at the moment of expiry may be answered first.
    let mut late = 0;
    eventually("its end", async || {
        let before = ana.call(&Ping {}).await.now;
        let is_there = is_there(&ana.changes(Seq::ZERO).await);
        let after = ana.call(&Ping {}).await.now;
        late += u32::from(is_there && before >= end);
        assert!(late < 3, "it is still there at {before:?}, but expires at {end:?}");
        assert!(is_there || after >= end, "it is gone at {after:?}, but expires at {end:?}");
        (!is_there).then_some(())
    })
    .await;
    server.kill();
    assert!(!server.holds("zanzibarsecret"));
    // Its sequence number is never reused, although the database does not hold the message.
    server.restart();
    let token = welcome.token.expect("a token");
    let (mut ana, _) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    assert!(ana.post("k2", "later").await.seq > posted.seq);
}
