//! A signed-in link for commands and scripts: typed requests, many under way, and the events of the link. Must not know
//! commands, nor when to connect again.

mod event_queue;
mod router;

use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use chat_proto::request::{Answer, Call};
use chat_proto::server_frame::Welcome;
use tokio::sync::{mpsc, oneshot};

use self::router::Ask;
use super::link::{LinkHandle, LinkOptions};
use crate::link_event::{CallError, LinkEvent, NetError};

/// A signed-in link.
#[derive(Debug)]
pub struct Client {
    asks: mpsc::UnboundedSender<Ask>,
    events: mpsc::Receiver<LinkEvent>,
}

/// An answer to come.
#[derive(Debug)]
pub struct PendingAnswer<C> {
    answer: oneshot::Receiver<Result<Answer, CallError>>,
    call: PhantomData<fn() -> C>,
}

impl<C: Call> Future for PendingAnswer<C> {
    type Output = Result<C::Answer, CallError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.answer).poll(context).map(|answer| {
            let answer = answer.unwrap_or(Err(CallError::Disconnected))?;
            C::answer_of(answer).ok_or_else(|| CallError::Unreadable("it belongs to another request".into()))
        })
    }
}

impl Client {
    /// Connects and signs in, for as long as the options say.
    ///
    /// # Errors
    /// Why the link has stopped.
    pub async fn connect(options: LinkOptions) -> Result<(Self, Welcome), NetError> {
        let address = options.address.to_string();
        let (asks, ask_receiver) = mpsc::unbounded_channel();
        let (event_sender, events) = mpsc::channel(1);
        tokio::spawn(router::run(LinkHandle::start(options), ask_receiver, event_sender));
        let mut client = Self { asks, events };
        loop {
            match client.next_event().await {
                Some(LinkEvent::Welcome(welcome)) => return Ok((client, *welcome)),
                Some(LinkEvent::Stopped { error }) => return Err(error),
                // The link tries again, or has more to report.
                Some(_) => {}
                None => return Err(NetError::Unreachable { address, reason: "the link has ended".into() }),
            }
        }
    }

    /// Asks without waiting: many requests may be under way, each answered by its own future.
    pub fn start<C: Call + Clone>(&self, call: &C) -> PendingAnswer<C> {
        let (sender, answer) = oneshot::channel();
        let ask = Ask { request: call.clone().into(), answer: sender };
        // If the link has ended, the sender is dropped: that answers `Disconnected`.
        drop(self.asks.send(ask));
        PendingAnswer { answer, call: PhantomData }
    }

    /// Asks and waits for the answer.
    ///
    /// # Errors
    /// [`CallError::Refused`] if the server refuses; otherwise no usable answer came.
    pub async fn call<C: Call + Clone>(&self, call: &C) -> Result<C::Answer, CallError> {
        self.start(call).await
    }

    /// Waits for the next event of the link: a push, its end or its return. `None` once the link has ended.
    ///
    /// Pushes that are not taken in time are left out, and a gap is reported for their rooms.
    pub async fn next_event(&mut self) -> Option<LinkEvent> {
        self.events.recv().await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use chat_proto::client_frame::{Auth, ClientFrame};
    use chat_proto::codec;
    use chat_proto::error::{ErrorBody, ErrorCode};
    use chat_proto::ids::{ConnectionId, RoomId, Seq, UserId};
    use chat_proto::message::{Content, Item};
    use chat_proto::request::{Ping, Pong};
    use chat_proto::server_frame::{ErrorFrame, Event, ServerFrame, Typing, Update};
    use chat_proto::time::UnixMillis;
    use tokio::time::timeout;

    use super::event_queue::PUSHES_MAX;
    use super::*;
    use crate::net::address::ServerAddress;
    use crate::net::scripted_server::{Peer, ScriptedServer};

    fn options(address: ServerAddress) -> LinkOptions {
        LinkOptions::one_shot(address, Auth::Token { token: "t".into() }, Arc::new(|| Ok(())))
    }

    /// A client that is signed in, and the other end of its connection.
    async fn signed_in() -> (Client, Peer) {
        let server = ScriptedServer::new().await;
        let (connected, peer) = tokio::join!(Client::connect(options(server.address())), server.welcome());
        (connected.expect("signed in").0, peer)
    }

    #[tokio::test]
    async fn an_answer_behind_too_many_pushes_still_arrives() {
        let (mut client, mut peer) = signed_in().await;
        let serve = async {
            let id = peer.receive_request().await;
            let room = RoomId(1);
            for seq in 1..=PUSHES_MAX as u64 * 2 {
                let item =
                    Item { seq: Seq(seq), changed: Seq(seq), at: UnixMillis(0), by: UserId(1), content: Content::Join };
                let update = Update::Item(item);
                peer.send(&Event { room, seq: Seq(seq), prev: Seq(seq - 1), is_ephemeral: false, update }).await;
                peer.send(&Typing { room, user: UserId(1), connection: ConnectionId(1), ttl_ms: 1 }).await;
            }
            peer.send_bytes(codec::encode_ok::<Ping>(id, &Pong { now: UnixMillis(1) })).await;
        };
        let call = timeout(Duration::from_secs(20), client.call(&Ping {}));
        let (answered, ()) = tokio::join!(call, serve);
        answered.expect("in time").expect("answered");
        let mut has_gap = false;
        for _ in 0..PUSHES_MAX + 2 {
            let event = client.next_event().await.expect("connected");
            has_gap |= matches!(event, LinkEvent::Push(ServerFrame::Gap(gap)) if gap.room == RoomId(1));
        }
        assert!(has_gap, "pushes that were left out are reported");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn requests_during_a_disconnect_are_answered_too() {
        for round in 0..100 {
            let (client, peer) = signed_in().await;
            let end = tokio::spawn(async move { drop(peer) });
            // Several at once, so that one of them is caught between asking and its question's arrival.
            let ask = || {
                let mut answers = Vec::new();
                while !client.asks.is_closed() {
                    answers.push(client.start(&Ping {}));
                }
                answers
            };
            let answers = std::thread::scope(|scope| {
                let askers: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
                askers.into_iter().flat_map(|asker| asker.join().expect("it ends")).collect::<Vec<_>>()
            });
            for answer in answers {
                let answered = timeout(Duration::from_secs(20), answer).await;
                let answered = answered.unwrap_or_else(|_| panic!("an asker waits for ever, in round {round}"));
                assert!(matches!(answered, Err(CallError::Disconnected)), "{answered:?}");
            }
            end.await.expect("ended");
        }
    }

    #[tokio::test]
    async fn a_request_that_is_not_answered_is_given_up_with_its_connection() {
        let (mut client, mut peer) = signed_in().await;
        let answers = (client.start(&Ping {}), client.start(&Ping {}));
        let id = peer.receive_request().await;
        peer.send_bytes(codec::encode_ok::<Ping>(id, &Pong { now: UnixMillis(1) })).await;
        answers.0.await.expect("answered");
        // The server goes on to listen and to answer heartbeats; it only says nothing to the second request.
        peer.receive_request().await;
        let listen = async {
            while let Some(ClientFrame::Request { id, .. }) = peer.receive().await {
                peer.send_time(id, UnixMillis(1)).await;
            }
        };
        tokio::time::pause();
        let (answer, ()) = tokio::join!(answers.1, listen);
        let error = answer.expect_err("no answer").to_string();
        assert!(error.contains("did not answer"), "{error}");
        let mut end = client.next_event().await;
        while matches!(end, Some(LinkEvent::Heartbeat { .. })) {
            end = client.next_event().await;
        }
        assert!(matches!(end, Some(LinkEvent::Stopped { .. })), "the connection has ended");
        assert!(client.next_event().await.is_none());
    }

    #[tokio::test]
    async fn a_server_that_ends_while_it_is_connected_to_is_unreachable_and_tried_again() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("ws://{}", listener.local_addr().expect("an address")).parse().expect("an address");
        let end = async move {
            for _ in 0..2 {
                let (stream, _) = listener.accept().await.expect("a client");
                stream.readable().await.expect("it asks");
            }
            tokio::time::pause();
        };
        let (connected, ()) = tokio::join!(Client::connect(options(address)), end);
        assert!(matches!(connected, Err(NetError::Unreachable { .. })), "{connected:?}");
    }

    #[tokio::test]
    async fn a_server_that_never_answers_hello_is_given_up() {
        let server = ScriptedServer::new().await;
        let accept = async {
            let peer = server.accept().await;
            tokio::time::pause();
            peer
        };
        let (connected, _peer) = tokio::join!(Client::connect(options(server.address())), accept);
        let error = connected.expect_err("no welcome").to_string();
        assert!(error.contains("did not answer"), "{error}");
    }

    #[tokio::test]
    async fn a_refused_hello_ends_a_command_with_the_servers_reason() {
        let server = ScriptedServer::new().await;
        for code in [ErrorCode::AuthFailed, ErrorCode::RateLimited] {
            let refuse = async {
                let mut peer = server.accept().await;
                peer.receive().await.expect("a hello");
                peer.send(&ErrorFrame { id: None, error: ErrorBody::new(code, "No.") }).await;
                peer
            };
            let (connected, _peer) = tokio::join!(Client::connect(options(server.address())), refuse);
            assert_eq!(connected.expect_err("refused"), NetError::Refused(ErrorBody::new(code, "No.")));
        }
    }

    #[tokio::test]
    async fn a_server_that_is_going_down_is_tried_again_after_it_was_prepared() {
        let server = ScriptedServer::new().await;
        let prepared = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&prepared);
        let prepare = Arc::new(move || {
            count.fetch_add(1, Ordering::SeqCst);
            Ok(())
        });
        let options = LinkOptions::one_shot(server.address(), Auth::Peer, prepare);
        let serve = async {
            let mut peer = server.accept().await;
            peer.receive().await.expect("a hello");
            let error = ErrorBody::new(ErrorCode::ShuttingDown, "Going down.");
            peer.send(&ErrorFrame { id: None, error }).await;
            server.welcome().await
        };
        let (connected, _peer) = tokio::join!(Client::connect(options), serve);
        connected.expect("signed in");
        assert_eq!(prepared.load(Ordering::SeqCst), 1, "not before the first try");
    }
}
