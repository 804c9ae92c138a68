//! Limits that the settings make narrower: `welcome` tells them, the server obeys them, and `chat` keeps within them.

use chat_proto::client_frame::Subscription;
use chat_proto::error::ErrorCode;
use chat_proto::request::{Edit, History, RoomInfo, SetTyping, Trending};
use chat_proto::server_frame::ServerFrame;
use chat_tests::client::Home;
use chat_tests::peer::{GENERAL, Peer, post, public_room};
use chat_tests::server::Server;

const NARROW: &str = "[limits]\nbody_max_chars = 200\nbody_max_bytes = 800\npage_max = 10\nconnections_per_account = 2\n\
     [rooms]\ndefault_ttl_seconds = 3600\ntyping_ttl_ms = 4000\nring_events = 16\n\
     [trending]\nwords = 3\nword_max_chars = 8\nhalf_life_minutes = 5\n";

#[tokio::test]
async fn what_welcome_publishes_is_what_the_server_obeys() {
    let server = Server::start_with(&[], NARROW);
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let (mut ben, _) = Peer::register(server.address(), "ben", Subscription::All).await;
    let limits = &welcome.limits;
    assert_eq!((limits.body_max_chars, limits.body_max_bytes, limits.page_max), (200, 800, 10));
    assert_eq!((limits.typing_ttl_ms, limits.typing_every_ms, limits.trending_max), (4_000, 2_000, 3));
    assert_eq!((limits.default_ttl_ms, limits.connections_max), (Some(3_600_000), Some(2)));

    let longest = "x".repeat(200);
    let seq = ana.post("fits", &longest).await.seq;
    for (key, body) in [("chars", longest + "x"), ("bytes", "👩‍👩‍👧‍👦".repeat(28) + &"🙂".repeat(10))]
    {
        let refused = ana.try_call(&post(key, &body)).await.expect("connected").expect_err("too long");
        assert_eq!((refused.code, refused.field.as_deref()), (ErrorCode::TooLarge, Some("body")), "{key}");
        let edit = Edit { room: GENERAL, seq, body: body.parse().expect("a body") };
        let refused = ana.try_call(&edit).await.expect("connected").expect_err("too long");
        assert_eq!(refused.code, ErrorCode::TooLarge, "{key}");
    }
    let history = |limit| History { room: GENERAL, before: None, limit };
    assert!(ana.try_call(&history(10)).await.expect("connected").is_ok());
    let refused = ana.try_call(&history(11)).await.expect("connected").expect_err("too many");
    assert_eq!((refused.code, refused.field.as_deref()), (ErrorCode::BadRequest, Some("limit")));

    ana.call(&SetTyping { room: GENERAL, is_typing: true }).await;
    let ttl_ms = |frame: &ServerFrame| match frame {
        ServerFrame::Typing(typing) => Some(typing.ttl_ms),
        _ => None,
    };
    assert_eq!(ben.pushed(ttl_ms).await, 4_000);

    let made = ana.call(&public_room("brief")).await.room;
    assert_eq!(made.default_ttl_ms, Some(3_600_000));
    assert_eq!(ana.call(&RoomInfo { room: made.id }).await.listing.room.default_ttl_ms, Some(3_600_000));

    ana.post("words", "flaky clock resume incomprehensible").await;
    ana.post("again", "incomprehensible, the resume of a flaky clock").await;
    let trending = |limit| Trending { room: GENERAL, limit };
    let words = ana.call(&trending(3)).await.words;
    assert!(words.len() == 3 && words.iter().all(|word| word.word.len() <= 8), "{words:?}");
    assert!(ana.try_call(&trending(4)).await.expect("connected").is_err());
}

#[test]
fn the_client_keeps_within_the_limits_of_its_server() {
    let server = Server::start_with(&[], NARROW);
    let home = Home::signed_in(&server, "ana");
    let long = (0..60).map(|n| format!("line {n}\n")).collect::<String>();
    let refused = home.pipe(&["send", "general"], long.as_bytes());
    let talk = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(2) && talk.contains("200 characters"), "{talk}");
    let split = home.pipe(&["send", "general", "--fit", "split"], long.as_bytes());
    assert!(split.status.success(), "{}", String::from_utf8_lossy(&split.stderr));
    for n in 0..25 {
        home.output(&["send", "general", &format!("message {n}")]);
    }
    assert!(home.output(&["history", "general", "-n", "100"]).contains("message 0"));
    let tail = home.output(&["tail", "general", "-n", "24"]);
    assert!(tail.contains("message 1\n") && tail.contains("message 24\n"), "{tail}");
    home.output(&["trending", "general"]);
    // More than a page behind, and more than the server keeps in memory.
    let changes = home.output(&["tail", "general", "--since", "2"]);
    assert!(changes.contains("message 0\n") && changes.contains("message 24\n"), "{changes}");
}
