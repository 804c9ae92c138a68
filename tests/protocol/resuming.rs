//! The welcome of a client that resumes.

use chat_proto::client_frame::{Resume, RoomCursor, Subscription};
use chat_proto::ids::{AccountSeq, Epoch, Seq};
use chat_proto::request::Changes;
use chat_tests::peer::{GENERAL, Peer};
use chat_tests::server::Server;

#[tokio::test]
async fn cursors_of_another_epoch_bring_nothing() {
    let server = Server::start();
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let token = welcome.token.clone().expect("a token");
    for number in 0..5 {
        ana.post(&format!("k{number}"), "text").await;
    }
    let cursor = |after| vec![RoomCursor { room: GENERAL, after }];
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
async fn a_cursor_beyond_the_head_is_answered_with_the_head() {
    let server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let posted = ana.post("k", "text").await;
    let page = ana.call(&Changes { room: GENERAL, after: Seq(posted.seq.0 + 1_000), limit: 10 }).await;
    assert!(page.items.is_empty());
    assert_eq!(page.head, posted.seq);
}
