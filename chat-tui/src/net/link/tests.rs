//! A link with a scripted server, over a real socket.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use chat_proto::client_frame::{Auth, ClientFrame};
use chat_proto::codec;
use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::ids::{ClientKey, RoomId};
use chat_proto::request::{Answer, Ping, Pong, Post};
use chat_proto::server_frame::{ErrorFrame, Gap, Goodbye, GoodbyeReason, ServerFrame};
use chat_proto::time::UnixMillis;
use tokio::time::timeout;

use super::*;
use crate::link_event::{CallError, LinkEvent, NetError};
use crate::net::scripted_server::{Peer, ScriptedServer, welcome};

struct Fixture {
    link: LinkHandle,
    server: ScriptedServer,
    prepared: Arc<AtomicU32>,
}

impl Fixture {
    async fn new() -> Self {
        Self::of(false).await
    }

    /// A link that has nothing to sign in with.
    async fn unsigned() -> Self {
        Self::with(None, false).await
    }

    /// A link to the user's own server, or to another's.
    async fn of(is_own: bool) -> Self {
        Self::with(Some(Auth::Token { token: "t".into() }), is_own).await
    }

    async fn with(auth: Option<Auth>, is_own: bool) -> Self {
        let server = ScriptedServer::new().await;
        let prepared = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&prepared);
        let prepare = Arc::new(move || {
            count.fetch_add(1, Ordering::SeqCst);
            Ok(())
        });
        let options = LinkOptions::screen(server.address(), auth, prepare);
        let locate: Option<Locate> = if is_own { Some(Arc::new(|| None)) } else { None };
        let options = options.located_by(locate);
        Self { link: LinkHandle::start(options), server, prepared }
    }

    async fn next(&mut self) -> LinkEvent {
        let event = timeout(Duration::from_mins(2), self.link.next_event());
        event.await.expect("an event in time").expect("the link lives")
    }

    /// The next event that `is_wanted`; others are passed over.
    async fn until(&mut self, is_wanted: impl Fn(&LinkEvent) -> bool) -> LinkEvent {
        loop {
            let event = self.next().await;
            if is_wanted(&event) {
                return event;
            }
        }
    }

    /// The next client's socket, with its hello on the way.
    async fn greeted(&mut self) -> Peer {
        let (link, server) = (&mut self.link, &self.server);
        let open = async {
            while !matches!(link.next_event().await, Some(LinkEvent::Opened)) {}
            link.send(LinkCommand::Hello(None)).expect("taken");
        };
        tokio::join!(server.accept(), open).0
    }

    /// The next client, signed in.
    async fn signed_in(&mut self) -> Peer {
        let mut peer = self.greeted().await;
        peer.receive().await.expect("a hello");
        let (welcome, peer_in) = (welcome(), &mut peer);
        tokio::join!(peer_in.let_in(&welcome), self.until(|event| matches!(event, LinkEvent::Heartbeat { .. })));
        peer
    }
}

#[tokio::test]
async fn the_answer_to_a_heartbeat_brings_the_servers_time() {
    let mut fixture = Fixture::new().await;
    let mut peer = fixture.greeted().await;
    peer.receive().await.expect("a hello");
    peer.send(&welcome()).await;
    let (id, _) = tokio::join!(peer.receive_heartbeat(), fixture.until(|event| matches!(event, LinkEvent::Welcome(_))));
    let told = UnixMillis(5_000);
    peer.send_time(id, told).await;
    let event = fixture.next().await;
    let LinkEvent::Heartbeat { lag_ms, server_now } = event else { panic!("{event:?}") };
    assert!((lag_ms / 2..=lag_ms / 2 + 1).contains(&server_now.since_ms(told)), "half of the round trip has passed");
}

#[tokio::test]
async fn a_heartbeat_without_answer_is_reported_after_two_seconds() {
    let mut fixture = Fixture::new().await;
    let mut peer = fixture.greeted().await;
    peer.receive().await.expect("a hello");
    peer.send(&welcome()).await;
    let (_, event) = tokio::join!(
        peer.receive_heartbeat(),
        fixture.until(|event| matches!(event, LinkEvent::Silent { .. } | LinkEvent::Down { .. }))
    );
    assert!(matches!(event, LinkEvent::Silent { for_ms: 2_000..10_000 }), "{event:?}");
}

#[tokio::test]
async fn a_server_of_others_is_not_promised_to_start_again() {
    for (is_own, advice) in [(false, false), (true, true)] {
        let mut fixture = Fixture::of(is_own).await;
        let mut peer = fixture.signed_in().await;
        peer.send(&Goodbye { reason: GoodbyeReason::Shutdown, reconnect_after_ms: Some(1) }).await;
        drop(peer);
        // Nobody listens at the address any more.
        fixture.server = ScriptedServer::new().await;
        let is_stopped =
            |event: &LinkEvent| matches!(event, LinkEvent::Down { reason, .. } if reason.contains("was stopped"));
        let LinkEvent::Down { reason, .. } = fixture.until(is_stopped).await else { panic!("matched") };
        assert_eq!(reason.contains("/retry"), advice, "{reason}");
    }
}

#[tokio::test]
async fn asks_are_answered_and_end_with_the_connection() {
    let mut fixture = Fixture::new().await;
    let mut peer = fixture.signed_in().await;
    for ask in [7, 8] {
        fixture.link.send(LinkCommand::Ask { ask, request: Ping {}.into() }).expect("taken");
    }
    let id = peer.receive_request().await;
    peer.send_bytes(codec::encode_ok::<Ping>(id, &Pong { now: UnixMillis(5) })).await;
    let answered = fixture.until(|event| matches!(event, LinkEvent::Answer { .. })).await;
    let LinkEvent::Answer { ask: 7, result } = answered else { panic!("{answered:?}") };
    assert_eq!(result.expect("answered"), Answer::Ping(Pong { now: UnixMillis(5) }));
    drop(peer);
    // First that it is down, then that the ask came to nothing: nobody asks again in between.
    assert!(matches!(
        fixture.until(|event| !matches!(event, LinkEvent::Heartbeat { .. })).await,
        LinkEvent::Down { .. }
    ));
    let LinkEvent::Answer { ask: 8, result } = fixture.next().await else { panic!("the other ask ends") };
    assert!(matches!(*result, Err(CallError::Disconnected)));
}

#[tokio::test]
async fn a_denied_link_waits_for_a_person() {
    let mut fixture = Fixture::new().await;
    for _ in 0..2 {
        let mut peer = fixture.greeted().await;
        peer.receive().await.expect("a hello");
        peer.send(&ErrorFrame { id: None, error: ErrorBody::new(ErrorCode::AuthFailed, "No.") }).await;
        let denied = fixture.until(|event| !matches!(event, LinkEvent::Connecting)).await;
        assert!(matches!(denied, LinkEvent::Stopped { .. }), "{denied:?}");
        tokio::time::pause();
        let tried = timeout(Duration::from_hours(1), fixture.link.next_event()).await;
        assert!(tried.is_err(), "it does not try by itself");
        tokio::time::resume();
        fixture.link.send(LinkCommand::Retry).expect("taken");
    }
}

#[tokio::test]
async fn a_server_that_was_stopped_is_not_started_again_unasked() {
    let mut fixture = Fixture::new().await;
    let mut peer = fixture.signed_in().await;
    assert_eq!(fixture.prepared.load(Ordering::SeqCst), 1);
    peer.send(&Goodbye { reason: GoodbyeReason::Shutdown, reconnect_after_ms: Some(300) }).await;
    drop(peer);
    let down = fixture.until(|event| matches!(event, LinkEvent::Down { .. })).await;
    assert!(matches!(down, LinkEvent::Down { retry_in_ms: 250.., .. }), "as long as it asked: {down:?}");
    let peer = fixture.signed_in().await;
    assert_eq!(fixture.prepared.load(Ordering::SeqCst), 1, "looked for, not started");
    drop(peer);
    drop(fixture.greeted().await);
    assert_eq!(fixture.prepared.load(Ordering::SeqCst), 2, "it was there again, and fell");
}

#[tokio::test]
async fn a_server_that_reads_nothing_is_given_up_and_still_read() {
    let mut fixture = Fixture::new().await;
    let mut peer = fixture.signed_in().await;
    // More than the buffers of both ends hold: the rest cannot be written, for nobody reads.
    let body = "x".repeat(8_000);
    for ask in 0..1_000 {
        let key = format!("k{ask}").parse::<ClientKey>().expect("a key");
        let body = body.parse().expect("a body");
        let post = Post { room: RoomId(1), key, body, life: None, code: None, reply_to: None, chain: None };
        fixture.link.send(LinkCommand::Ask { ask, request: post.into() }).expect("taken");
    }
    // Frames of the server are read all the same.
    peer.send(&Gap { room: RoomId(1) }).await;
    fixture.until(|event| matches!(event, LinkEvent::Push(ServerFrame::Gap(_)))).await;
    tokio::time::pause();
    let down = fixture.until(|event| matches!(event, LinkEvent::Down { .. })).await;
    let LinkEvent::Down { reason, .. } = down else { panic!("{down:?}") };
    assert!(reason.contains("does not read"), "{reason}");
}

#[tokio::test]
async fn a_password_is_for_one_try_and_the_token_that_follows_for_all_later_ones() {
    let mut fixture = Fixture::unsigned().await;
    let (peer, stopped) = tokio::join!(fixture.server.accept(), async {
        loop {
            match fixture.link.next_event().await.expect("the link lives") {
                LinkEvent::Stopped { error } => return error,
                LinkEvent::Connecting => {}
                other => panic!("{other:?}"),
            }
        }
    });
    assert_eq!(stopped, NetError::SignInNeeded, "the server answers");
    drop(peer);
    let name: chat_proto::text::Username = "zoe".parse().expect("a name");
    let sign_in = || LinkCommand::SignIn(Auth::Password { name: name.clone(), password: "guess".into() });
    for code in [ErrorCode::AuthFailed, ErrorCode::TooMany, ErrorCode::ShuttingDown] {
        fixture.link.send(sign_in()).expect("taken");
        let mut peer = fixture.greeted().await;
        peer.receive().await.expect("a hello");
        peer.send(&ErrorFrame { id: None, error: ErrorBody::new(code, "No.").retry_after(1) }).await;
        let event = fixture.until(|event| !matches!(event, LinkEvent::Connecting)).await;
        assert!(matches!(event, LinkEvent::Stopped { .. }), "{code:?}: {event:?}");
    }
    fixture.link.send(sign_in()).expect("taken");
    let mut peer = fixture.greeted().await;
    peer.receive().await.expect("a hello");
    peer.send(&Box::new(chat_proto::server_frame::Welcome { token: Some("t-1".into()), ..*welcome() })).await;
    fixture.until(|event| matches!(event, LinkEvent::Welcome(_))).await;
    drop(peer);
    let mut peer = fixture.greeted().await;
    let Some(ClientFrame::Hello(hello)) = peer.receive().await else { panic!("a hello") };
    assert_eq!(hello.auth, Auth::Token { token: "t-1".into() });
}
