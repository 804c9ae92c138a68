//! An account in as many rooms as it may be in.

use chat_proto::client_frame::{Resume, RoomCursor, Subscription};
use chat_proto::codec;
use chat_proto::cursor::Cursor;
use chat_proto::ids::{AccountSeq, Seq};
use chat_proto::limits::SERVER_FRAME_MAX_BYTES;
use chat_proto::request::{Account, CreateRoom};
use chat_tests::client::Home;
use chat_tests::peer::{Peer, public_room};
use chat_tests::server::Server;

#[tokio::test]
async fn an_account_with_a_thousand_long_topics_signs_in_and_lists_all_its_rooms() {
    let server = Server::start();
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let topic = "😀".repeat(250);
    for number in 1..1_000 {
        let topic = Some(topic.parse().expect("a topic"));
        ana.call(&CreateRoom { topic, ..public_room(&format!("room-{number}")) }).await;
    }
    let token = welcome.token.expect("a token");
    let text = ana.ask_text(&Account {}.into()).await;
    assert!(text.len() < SERVER_FRAME_MAX_BYTES, "{}", text.len());
    assert!(text.contains("😀…"), "topics are cut");
    let mut home = Home::default();
    home.set("CHAT_SERVER", &format!("ws://{}", server.address()));
    home.set("CHAT_TOKEN", &token);
    assert_eq!(home.output(&["rooms", "--mine"]).lines().count(), 1_000);
    assert_eq!(home.output(&["room", "topic", "room-7"]).trim_end(), topic, "it is kept whole");
    // The welcome of a client that comes back with as many cursors as its own frame takes fits, too.
    let (_, known) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    let start = Cursor { run: Some(known.run), seq: Seq(1), persistent: Seq(1) };
    let cursors = known.account.rooms.iter().take(500);
    let rooms = cursors.map(|membership| RoomCursor { room: membership.room.id, after: start }).collect();
    let resume = Resume { epoch: known.epoch.clone(), account: AccountSeq(0), rooms };
    let (_, resumed) = Peer::with_token(server.address(), &token, Subscription::None, Some(resume)).await;
    assert_eq!(resumed.resumed.len(), 500);
    let size = codec::wire_size(&*resumed);
    assert!(size < SERVER_FRAME_MAX_BYTES, "{size}");
}
