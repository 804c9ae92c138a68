//! A link with a server that says what the test wants.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use chat_proto::client_frame::Auth;
use chat_proto::codec;
use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::request::{Answer, Ping, Pong};
use chat_proto::server_frame::{ErrorFrame, Goodbye, GoodbyeReason};
use chat_proto::time::UnixMillis;
use tokio::time::timeout;

use super::*;
use crate::net::CallError;
use crate::net::scripted::{Peer, Script, welcome};

struct Bench {
    link: LinkHandle,
    script: Script,
    prepared: Arc<AtomicU32>,
}

impl Bench {
    async fn new() -> Self {
        let script = Script::new().await;
        let prepared = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&prepared);
        let options = LinkOptions {
            address: script.address(),
            auth: Auth::Token { token: "t".into() },
            prepare: Arc::new(move || {
                count.fetch_add(1, Ordering::SeqCst);
                Ok(())
            }),
        };
        Self { link: LinkHandle::start(options), script, prepared }
    }

    async fn next(&mut self) -> LinkNews {
        let news = timeout(Duration::from_secs(20), self.link.news());
        news.await.expect("news in time").expect("the link lives")
    }

    /// The next news that is meant; others are passed over.
    async fn until(&mut self, is_meant: impl Fn(&LinkNews) -> bool) -> LinkNews {
        loop {
            let news = self.next().await;
            if is_meant(&news) {
                return news;
            }
        }
    }

    /// The next client's socket, with its hello on the way.
    async fn greeted(&mut self) -> Peer {
        let (link, script) = (&mut self.link, &self.script);
        let open = async {
            while !matches!(link.news().await, Some(LinkNews::Opened)) {}
            link.order(LinkOrder::Hello(None)).expect("taken");
        };
        tokio::join!(script.accept(), open).0
    }

    /// The next client, signed in.
    async fn signed_in(&mut self) -> Peer {
        let mut peer = self.greeted().await;
        peer.hear().await.expect("a hello");
        peer.say(&welcome()).await;
        self.until(|news| matches!(news, LinkNews::Welcome(_))).await;
        peer
    }
}

#[tokio::test]
async fn asks_are_answered_and_end_with_the_connection() {
    let mut bench = Bench::new().await;
    let mut peer = bench.signed_in().await;
    for ask in [7, 8] {
        bench.link.order(LinkOrder::Ask { ask, request: Ping {}.into() }).expect("taken");
    }
    let id = peer.hear_request().await;
    peer.say_bytes(codec::encode_ok::<Ping>(id, &Pong { now: UnixMillis(5) })).await;
    let answered = bench.until(|news| matches!(news, LinkNews::Answer { .. })).await;
    let LinkNews::Answer { ask: 7, result } = answered else { panic!("{answered:?}") };
    assert_eq!(result.expect("answered"), Answer::Ping(Pong { now: UnixMillis(5) }));
    drop(peer);
    // First that it is down, then that the ask came to nothing: nobody asks again in between.
    assert!(matches!(bench.until(|news| !matches!(news, LinkNews::Lag(_))).await, LinkNews::Down { .. }));
    let LinkNews::Answer { ask: 8, result } = bench.next().await else { panic!("the other ask ends") };
    assert!(matches!(*result, Err(CallError::Disconnected)));
}

#[tokio::test]
async fn who_is_not_let_in_waits_for_a_person() {
    let mut bench = Bench::new().await;
    for _ in 0..2 {
        let mut peer = bench.greeted().await;
        peer.hear().await.expect("a hello");
        peer.say(&ErrorFrame { id: None, error: ErrorBody::new(ErrorCode::AuthFailed, "No.") }).await;
        let denied = bench.until(|news| !matches!(news, LinkNews::Connecting)).await;
        assert!(matches!(denied, LinkNews::Denied { .. }), "{denied:?}");
        assert!(timeout(Duration::from_millis(700), bench.link.news()).await.is_err(), "it does not try by itself");
        bench.link.order(LinkOrder::Retry).expect("taken");
    }
}

#[tokio::test]
async fn a_server_that_was_stopped_is_not_started_again_unasked() {
    let mut bench = Bench::new().await;
    let mut peer = bench.signed_in().await;
    assert_eq!(bench.prepared.load(Ordering::SeqCst), 1);
    peer.say(&Goodbye { reason: GoodbyeReason::Shutdown, reconnect_after_ms: Some(300) }).await;
    drop(peer);
    let down = bench.until(|news| matches!(news, LinkNews::Down { .. })).await;
    assert!(matches!(down, LinkNews::Down { retry_in_ms: 250.., .. }), "as long as it asked: {down:?}");
    let peer = bench.signed_in().await;
    assert_eq!(bench.prepared.load(Ordering::SeqCst), 1, "looked for, not started");
    drop(peer);
    drop(bench.greeted().await);
    assert_eq!(bench.prepared.load(Ordering::SeqCst), 2, "it was there again, and fell");
}
