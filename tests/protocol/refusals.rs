//! Every refusal carries its reason and affects nobody else.

use bytes::Bytes;
use chat_proto::client_frame::{Auth, Subscription};
use chat_proto::codec;
use chat_proto::error::ErrorCode;
use chat_proto::ids::{RequestId, RoomId, Seq};
use chat_proto::limits::CLIENT_FRAME_MAX_BYTES;
use chat_proto::message::Content;
use chat_proto::request::{Chain, Delete, Life, Logout, Ping, Post, Read, SetTopic};
use chat_proto::room::RoomKind;
use chat_proto::server_frame::ServerFrame;
use chat_tests::peer::{GENERAL, Peer, post};
use chat_tests::server::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

async fn refusal(peer: &mut Peer) -> (Option<RequestId>, ErrorCode) {
    loop {
        if let ServerFrame::Error(refused) = peer.next().await.expect("still connected") {
            return (refused.id, refused.error.code);
        }
    }
}

async fn is_alive(peer: &mut Peer) -> bool {
    matches!(peer.try_call(&Ping {}).await, Some(Ok(_)))
}

#[tokio::test]
async fn before_hello_everything_is_refused_and_a_wrong_password_reveals_nothing() {
    let server = Server::start();
    Peer::register(server.address(), "ana", Subscription::None).await;
    let mut peer = Peer::connect(server.address()).await;
    let answer = peer.try_call(&Ping {}).await.expect("connected");
    assert_eq!(answer.expect_err("refused").code, ErrorCode::AuthRequired);
    let mut messages = Vec::new();
    for name in ["ana", "nobody"] {
        let auth = Auth::Password { name: name.parse().expect("a name"), password: "wrong horse".into() };
        peer.send(codec::encode_hello(&Peer::hello(auth, Subscription::None, None))).await;
        let Some(ServerFrame::Error(refused)) = peer.next().await else { panic!("a refusal") };
        assert_eq!(refused.error.code, ErrorCode::AuthFailed);
        messages.push(refused.error.message);
    }
    assert_eq!(messages[0], messages[1]);
}

#[tokio::test]
async fn an_unreadable_frame_is_answered_and_the_connection_goes_on() {
    let server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    for (frame, id, code) in [
        ("nonsense", None, ErrorCode::BadFrame),
        ("[]", None, ErrorCode::BadFrame),
        (r#"{"type":"fly","id":900}"#, Some(900), ErrorCode::UnknownType),
        (r#"{"type":"post","id":901,"room":"R1"}"#, Some(901), ErrorCode::BadRequest),
        (r#"{"type":"history","id":902,"room":"R1","limit":201}"#, Some(902), ErrorCode::BadRequest),
        (r#"{"type":"history","id":903,"room":"R999","limit":1}"#, Some(903), ErrorCode::NotFound),
        (
            r#"{"type":"history","id":905,"room":"R1","before":9007199254740992,"limit":1}"#,
            Some(905),
            ErrorCode::BadRequest,
        ),
        (
            r#"{"type":"changes","id":906,"room":"R1","after":9007199254740992,"limit":1}"#,
            Some(906),
            ErrorCode::BadRequest,
        ),
        (r#"{"type":"post","id":904,"room":"R1","key":"k","body":"\u0007"}"#, Some(904), ErrorCode::BadRequest),
    ] {
        ana.send(Bytes::from_static(frame.as_bytes())).await;
        assert_eq!(refusal(&mut ana).await, (id.map(RequestId), code), "{frame}");
    }
    ana.send_raw(Message::binary(vec![1, 2, 3])).await;
    assert_eq!(refusal(&mut ana).await, (None, ErrorCode::BadFrame));
    assert!(is_alive(&mut ana).await);
}

#[tokio::test]
async fn a_frame_at_the_size_limit_passes_and_one_byte_more_is_too_large() {
    let server = Server::start();
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let ping = r#"{"type":"ping","id":900,"pad":""}"#;
    let padded = |bytes: usize| ping.replace("\"\"", &format!("\"{}\"", "x".repeat(bytes - ping.len())));
    ana.send(padded(CLIENT_FRAME_MAX_BYTES).into()).await;
    assert!(matches!(ana.next().await, Some(ServerFrame::Ok(ok)) if ok.id == RequestId(900)));
    ana.send(padded(CLIENT_FRAME_MAX_BYTES + 1).into()).await;
    assert_eq!(refusal(&mut ana).await.1, ErrorCode::TooLarge);
    assert!(matches!(ana.next().await, Some(ServerFrame::Goodbye(_))), "the stream cannot be read further");
    // Nobody else notices.
    let token = welcome.token.expect("a token");
    let (mut again, _) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    assert!(is_alive(&mut again).await);
}

#[tokio::test]
async fn a_retry_returns_the_original_sequence_number_and_a_reused_key_is_refused() {
    let server = Server::start();
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let first = ana.post("k", "hello").await;
    let token = welcome.token.expect("a token");
    let (mut other, _) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    let again = other.post("k", "hello").await;
    assert_eq!((again.seq, again.duplicate, first.duplicate), (first.seq, true, false));
    let reused = other.try_call(&post("k", "something else")).await.expect("connected");
    assert_eq!(reused.expect_err("refused").code, ErrorCode::KeyReused);
    // Even after the message is deleted.
    ana.call(&Delete { room: GENERAL, seq: first.seq }).await;
    assert!(ana.post("k", "hello").await.duplicate);
    // Another account's keys are its own.
    let (mut ben, _) = Peer::register(server.address(), "ben", Subscription::None).await;
    assert!(!ben.post("k", "hello").await.duplicate);
}

#[tokio::test]
async fn many_posts_in_flight_are_answered_in_order_and_a_refusal_breaks_the_chain() {
    let server = Server::start_with(&[], "[limits]\nposts_per_second = 1\nposts_burst = 20\n");
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let mut ids = Vec::new();
    for number in 0..30 {
        let chain = Some(if number == 0 { Chain::Restart } else { Chain::Continue });
        ids.push(ana.start(&Post { chain, ..post(&format!("k{number}"), &format!("line {number}")) }).await);
    }
    let mut codes = Vec::new();
    for id in &ids {
        match ana.next().await.expect("connected") {
            ServerFrame::Ok(ok) => {
                assert_eq!(ok.id, *id);
                codes.push(None);
            }
            ServerFrame::Error(refused) => {
                assert_eq!(refused.id, Some(*id));
                codes.push(Some(refused.error.code));
            }
            other => panic!("an answer, not {other:?}"),
        }
    }
    let accepted = codes.iter().take_while(|code| code.is_none()).count();
    assert!((20..=22).contains(&accepted), "{codes:?}");
    assert_eq!(codes[accepted], Some(ErrorCode::RateLimited));
    assert!(codes[accepted + 1..].iter().all(|code| *code == Some(ErrorCode::ChainBroken)), "{codes:?}");
}

#[tokio::test]
async fn a_refusal_by_the_database_breaks_the_chain_for_posts_already_in_flight() {
    let server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    ana.post("taken", "another text").await;
    let keys: Vec<String> = (0..40).map(|n| if n == 7 { "taken".into() } else { format!("k{n}") }).collect();
    let mut ids = Vec::new();
    // All at once: most are in flight when the eighth is refused.
    for (number, key) in keys.iter().enumerate() {
        let chain = Some(if number == 0 { Chain::Restart } else { Chain::Continue });
        ids.push(ana.start(&Post { chain, ..post(key, "line") }).await);
    }
    let mut codes = Vec::new();
    for _ in &ids {
        codes.push(match ana.next().await.expect("connected") {
            ServerFrame::Ok(_) => None,
            ServerFrame::Error(refused) => Some(refused.error.code),
            other => panic!("an answer, not {other:?}"),
        });
    }
    assert!(codes[..7].iter().all(Option::is_none), "{codes:?}");
    assert_eq!(codes[7], Some(ErrorCode::KeyReused));
    assert!(codes[8..].iter().all(|code| *code == Some(ErrorCode::ChainBroken)), "{codes:?}");
    let lines = ana.changes(Seq::ZERO).await.iter().filter(|item| matches!(item.content, Content::Message(_))).count();
    assert_eq!(lines, 8);
}

#[tokio::test]
async fn a_chain_that_changes_its_room_or_its_life_waits_for_the_refusals_before() {
    let server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let (mut ben, _) = Peer::register(server.address(), "ben", Subscription::None).await;
    let hers = ana.create("builds", RoomKind::Public).await;
    let (begin, go_on) = (Some(Chain::Restart), Some(Chain::Continue));
    let life = |ttl_ms| Some(Life::TtlMs(ttl_ms));
    let posts = [
        Post { chain: begin, ..post("b0", "taken") },
        Post { chain: go_on, room: hers, ..post("b1", "from a non-member") },
        Post { chain: go_on, ..post("b2", "behind it") },
        Post { chain: begin, life: life(1), ..post("b3", "with too short a life") },
        Post { chain: go_on, ..post("b4", "behind it") },
        Post { chain: begin, life: life(600_000), ..post("b5", "taken") },
        Post { chain: go_on, ..post("b6", "taken") },
    ];
    // All at once: none waits for the previous answer.
    for chained in &posts {
        ben.start(chained).await;
    }
    let mut codes = Vec::new();
    for _ in &posts {
        codes.push(match ben.next().await.expect("connected") {
            ServerFrame::Ok(_) => None,
            ServerFrame::Error(refused) => Some(refused.error.code),
            other => panic!("an answer, not {other:?}"),
        });
    }
    let broken = Some(ErrorCode::ChainBroken);
    let expected = [None, Some(ErrorCode::NotMember), broken, Some(ErrorCode::BadRequest), broken, None, None];
    assert_eq!(codes, expected);
}

/// Sends posts all at once and returns their refusals, in order.
async fn outcomes(peer: &mut Peer, posts: &[Post]) -> Vec<Option<ErrorCode>> {
    for chained in posts {
        peer.start(chained).await;
    }
    let mut codes = Vec::new();
    while codes.len() < posts.len() {
        match peer.next().await.expect("connected") {
            ServerFrame::Ok(_) => codes.push(None),
            ServerFrame::Error(refused) => codes.push(Some(refused.error.code)),
            _ => {}
        }
    }
    codes
}

#[tokio::test]
async fn a_post_to_a_room_that_does_not_exist_breaks_its_chain() {
    let server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let (begin, go_on) = (Some(Chain::Restart), Some(Chain::Continue));
    let nowhere = RoomId(999);
    let posts = [
        Post { chain: begin, ..post("a0", "taken") },
        Post { chain: go_on, room: nowhere, ..post("a1", "nowhere") },
        Post { chain: go_on, ..post("a2", "behind it") },
        Post { chain: go_on, room: nowhere, ..post("a3", "behind it") },
        Post { chain: begin, room: nowhere, ..post("a4", "nowhere") },
        Post { chain: go_on, ..post("a5", "behind it") },
        Post { chain: begin, ..post("a6", "taken") },
    ];
    let (absent, broken) = (Some(ErrorCode::NotFound), Some(ErrorCode::ChainBroken));
    let expected = [None, absent, broken, broken, absent, broken, None];
    assert_eq!(outcomes(&mut ana, &posts).await, expected, "all at once");
    // Also if the refusal has been read.
    assert_eq!(ana.refused(&Post { chain: begin, room: nowhere, ..post("b1", "nowhere") }).await, ErrorCode::NotFound);
    assert_eq!(ana.refused(&Post { chain: go_on, ..post("b2", "behind it") }).await, ErrorCode::ChainBroken);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_over_rooms_and_lives_holds_however_often_it_is_tried() {
    let server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let (mut ben, _) = Peer::register(server.address(), "ben", Subscription::None).await;
    let hers = ana.create("builds", RoomKind::Public).await;
    let expiring = ben.call(&Post { life: Some(Life::TtlMs(600_000)), ..post("expiring", "expiring") }).await.seq;
    ben.post("taken", "another text").await;
    let (begin, go_on) = (Some(Chain::Restart), Some(Chain::Continue));
    for number in 0..100 {
        let plain = |key: &str| post(&format!("{key}{number}"), "line");
        let posts = [
            Post { chain: begin, room: hers, ..plain("a") },
            Post { chain: go_on, ..plain("b") },
            // A reply to an ephemeral message is one, too; the key was used for another text.
            Post { chain: begin, reply_to: Some(expiring), ..post("expiring", "reply") },
            Post { chain: go_on, ..plain("c") },
            Post { chain: begin, ..post("taken", "line") },
            Post { chain: go_on, reply_to: Some(expiring), ..plain("d") },
        ];
        let codes = outcomes(&mut ben, &posts).await;
        assert!(codes.iter().step_by(2).all(Option::is_some), "{codes:?}");
        assert!(codes.iter().skip(1).step_by(2).all(|code| *code == Some(ErrorCode::ChainBroken)), "{codes:?}");
    }
}

#[tokio::test]
async fn an_unreadable_post_breaks_its_chain_and_is_answered_in_order() {
    let server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let frame = |id: u64, rest: &str| Bytes::from(format!(r#"{{"type":"post","id":{id},"room":"R1",{rest}}}"#));
    for number in 0..100 {
        ana.send(frame(1_000 + number, &format!(r#""key":"a{number}","body":"x""#))).await;
    }
    ana.send(frame(2_000, r#""key":"b0","body":"x","chain":"restart""#)).await;
    ana.send(frame(2_001, r#""key":"b1","body":"","chain":"continue""#)).await;
    ana.send(frame(2_002, r#""key":"b2","body":"x","chain":"continue""#)).await;
    ana.send(Bytes::from_static(br#"{"type":"delete","id":2003,"room":"R1","seq":"x"}"#)).await;
    let mut answers = Vec::new();
    while answers.len() < 104 {
        match ana.next().await.expect("connected") {
            ServerFrame::Ok(ok) => answers.push((ok.id.0, None)),
            ServerFrame::Error(refused) => answers.push((refused.id.expect("an id").0, Some(refused.error.code))),
            other => panic!("an answer, not {other:?}"),
        }
    }
    assert!(answers.is_sorted_by_key(|(id, _)| *id), "{answers:?}");
    let codes: Vec<_> = answers[100..].iter().map(|(_, code)| *code).collect();
    let expected = [None, Some(ErrorCode::BadRequest), Some(ErrorCode::ChainBroken), Some(ErrorCode::BadRequest)];
    assert_eq!(codes, expected);
}

#[tokio::test]
async fn a_retry_is_answered_despite_rate_limits_and_a_refused_text_was_never_posted() {
    let server = Server::start_with(&[], "");
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let first = ana.post("k", "deployed").await;
    for _ in 0..5 {
        let again = ana.post("k", "deployed").await;
        assert_eq!((again.seq, again.duplicate), (first.seq, true));
    }
    let ephemeral = Post { life: Some(Life::TtlMs(600_000)), ..post("e", "ephemeral") };
    let first = ana.call(&ephemeral).await;
    for _ in 0..5 {
        assert_eq!(ana.call(&ephemeral).await.seq, first.seq);
    }
    let out_of_range = Post { life: Some(Life::TtlMs(1)), ..post("w", "again") };
    for _ in 0..5 {
        assert_eq!(ana.refused(&out_of_range).await, ErrorCode::BadRequest, "not because it was posted before");
    }
    ana.post("right", "again").await;
}

#[tokio::test]
async fn only_its_author_changes_a_message_and_only_members_write() {
    let server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let (mut ben, _) = Peer::register(server.address(), "ben", Subscription::None).await;
    let posted = ana.post("k", "ana's").await;
    let delete = |seq| Delete { room: GENERAL, seq };
    let refused = ben.try_call(&delete(posted.seq)).await.expect("connected").expect_err("another's");
    assert_eq!(refused.code, ErrorCode::NotAllowed);
    let refused = ben.try_call(&delete(Seq(999))).await.expect("connected").expect_err("not there");
    assert_eq!(refused.code, ErrorCode::NotFound);
    let room = ana.create("builds", RoomKind::Public).await;
    assert_eq!(ben.refused(&Post { room, ..post("k", "x") }).await, ErrorCode::NotMember);
    assert_eq!(ben.refused(&SetTopic { room, topic: None }).await, ErrorCode::NotMember);
    assert_eq!(ben.refused(&Read { room, seq: None, rewind: false }).await, ErrorCode::NotMember);
}

#[tokio::test]
async fn logging_out_cuts_the_sockets_of_that_sign_in() {
    let server = Server::start();
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let token = welcome.token.expect("a token");
    let (mut other, _) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    ana.call(&Logout {}).await;
    // Its frames are ignored from then on.
    for number in 0..20 {
        other.start(&post(&format!("late-{number}"), "late")).await;
    }
    while other.next().await.is_some() {}
    let (mut ben, _) = Peer::register(server.address(), "ben", Subscription::None).await;
    assert!(!ben.changes(Seq::ZERO).await.iter().any(|item| matches!(item.content, Content::Message(_))));
    let mut peer = Peer::connect(server.address()).await;
    let hello = Peer::hello(Auth::Token { token }, Subscription::None, None);
    peer.send(codec::encode_hello(&hello)).await;
    assert_eq!(refusal(&mut peer).await.1, ErrorCode::AuthFailed);
}

#[tokio::test]
async fn a_client_that_hangs_up_is_sent_nothing_more() {
    let server = Server::start();
    let mut stream = TcpStream::connect(server.address()).await.expect("it listens");
    let handshake = "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: chat.v1\r\n\r\n";
    stream.write_all(handshake.as_bytes()).await.expect("written");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("a head"));
    }
    assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
    stream.shutdown().await.expect("hung up");
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.expect("ended");
    assert_eq!(String::from_utf8_lossy(&rest), "");
}

#[tokio::test]
async fn a_hello_with_too_many_rooms_is_refused_with_its_field() {
    let server = Server::start();
    let mut peer = Peer::connect(server.address()).await;
    let rooms = Subscription::Rooms((1..=300).map(RoomId).collect());
    let auth = Auth::Token { token: "none".into() };
    peer.send(codec::encode_hello(&Peer::hello(auth, rooms, None))).await;
    let Some(ServerFrame::Error(refused)) = peer.next().await else { panic!("an error") };
    assert_eq!((refused.error.code, refused.error.field.as_deref()), (ErrorCode::BadRequest, Some("subscribe.rooms")));
}
