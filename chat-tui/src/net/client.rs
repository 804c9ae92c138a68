//! A signed-in connection for commands and scripts: typed requests, many under way, and what is pushed.

mod socket_task;

use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use chat_proto::client_frame::{Auth, ClientInfo, Hello, Subscription};
use chat_proto::codec;
use chat_proto::error::ErrorCode;
use chat_proto::limits::PROTOCOL_VERSION;
use chat_proto::request::Call;
use chat_proto::server_frame::{ServerFrame, Welcome};
use futures_util::StreamExt;
use serde_json::value::RawValue;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;

use self::socket_task::{Ask, PUSHES_MAX, run, send};
use super::connection::{self, Socket};
use super::{CallError, NetError, Prepare, ServerAddress};

/// One-shot commands try to connect for this long.
const CONNECT_FOR: Duration = Duration::from_secs(5);
const CONNECT_EVERY: Duration = Duration::from_millis(200);
/// A server that is there answers `hello` within this time; a password is hashed meanwhile.
const WELCOME_LIMIT: Duration = Duration::from_secs(20);

/// How to connect.
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    /// Where.
    pub address: ServerAddress,
    /// As whom.
    pub auth: Auth,
    /// What is pushed.
    pub subscription: Subscription,
}

impl ConnectOptions {
    /// Nothing is pushed.
    pub fn new(address: ServerAddress, auth: Auth) -> Self {
        Self { address, auth, subscription: Subscription::None }
    }

    /// The same, with rooms to be pushed.
    #[must_use]
    pub fn subscribe(mut self, subscription: Subscription) -> Self {
        self.subscription = subscription;
        self
    }
}

/// A signed-in connection.
#[derive(Debug)]
pub struct Client {
    asks: mpsc::UnboundedSender<Ask>,
    pushes: mpsc::Receiver<ServerFrame>,
}

/// An answer to come.
#[derive(Debug)]
pub struct PendingAnswer<C> {
    answer: oneshot::Receiver<Result<Box<RawValue>, CallError>>,
    call: PhantomData<fn() -> C>,
}

impl<C: Call> Future for PendingAnswer<C> {
    type Output = Result<C::Answer, CallError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.answer).poll(context).map(|answer| {
            let result = answer.unwrap_or(Err(CallError::Disconnected))?;
            codec::decode_answer::<C>(&result).map_err(|error| CallError::Unreadable(error.to_string()))
        })
    }
}

impl Client {
    /// Connects and signs in; tries for five seconds where nobody answers.
    ///
    /// # Errors
    /// As [`NetError`] says.
    pub async fn connect(options: ConnectOptions) -> Result<(Self, Welcome), NetError> {
        Self::connect_prepared(options, &(Arc::new(|| Ok(())) as Prepare)).await
    }

    /// As [`Self::connect`]; before each further try `prepare` is done, off the runtime's threads.
    ///
    /// # Errors
    /// As [`NetError`] says; where `prepare` failed last, that is why nobody answers.
    pub async fn connect_prepared(options: ConnectOptions, prepare: &Prepare) -> Result<(Self, Welcome), NetError> {
        let give_up_at = Instant::now() + CONNECT_FOR;
        let mut prepared = Ok(());
        loop {
            match Self::connect_once(&options).await {
                Err(NetError::Unreachable { .. }) if Instant::now() + CONNECT_EVERY < give_up_at => {
                    tokio::time::sleep(CONNECT_EVERY).await;
                    let prepare = prepare.clone();
                    prepared = tokio::task::spawn_blocking(move || prepare()).await.unwrap_or(Ok(()));
                }
                Err(NetError::Unreachable { address, reason }) => {
                    return Err(NetError::Unreachable { address, reason: prepared.err().unwrap_or(reason) });
                }
                Err(NetError::Refused(error))
                    if error.code == ErrorCode::ShuttingDown && Instant::now() < give_up_at =>
                {
                    tokio::time::sleep(CONNECT_EVERY).await;
                }
                result => return result,
            }
        }
    }

    /// Connects and signs in; tries once.
    ///
    /// # Errors
    /// As [`NetError`] says.
    pub async fn connect_once(options: &ConnectOptions) -> Result<(Self, Welcome), NetError> {
        let mut socket = connection::connect(&options.address).await?;
        let greeted = timeout(WELCOME_LIMIT, greet(&mut socket, options)).await;
        let welcome = greeted.map_err(|_| NetError::Unreachable {
            address: options.address.to_string(),
            reason: format!("it took the connection but did not answer within {} s", WELCOME_LIMIT.as_secs()),
        })??;
        let (asks, ask_receiver) = mpsc::unbounded_channel();
        let (push_sender, pushes) = mpsc::channel(PUSHES_MAX);
        tokio::spawn(run(socket, ask_receiver, push_sender));
        Ok((Self { asks, pushes }, welcome))
    }

    /// Asks without waiting: many requests may be under way, answered by their own futures.
    pub fn start<C: Call + Clone + Send + 'static>(&self, call: &C) -> PendingAnswer<C> {
        let (sender, answer) = oneshot::channel();
        let call = call.clone();
        let ask = Ask { frame: Box::new(move |id| codec::encode_call(id, &call)), answer: sender };
        // Where the connection has ended the sender is dropped, which says so.
        drop(self.asks.send(ask));
        PendingAnswer { answer, call: PhantomData }
    }

    /// Asks and waits for the answer.
    ///
    /// # Errors
    /// As [`CallError`] says.
    pub async fn call<C: Call + Clone + Send + 'static>(&self, call: &C) -> Result<C::Answer, CallError> {
        self.start(call).await
    }

    /// The next frame that was pushed; none once the connection has ended.
    pub async fn next_push(&mut self) -> Option<ServerFrame> {
        self.pushes.recv().await
    }
}

async fn greet(socket: &mut Socket, options: &ConnectOptions) -> Result<Welcome, NetError> {
    let broken = |reason: String| NetError::Unreachable { address: options.address.to_string(), reason };
    let hello = Hello {
        version: PROTOCOL_VERSION,
        client: ClientInfo { name: "chat".into(), version: env!("CARGO_PKG_VERSION").into() },
        auth: options.auth.clone(),
        subscribe: options.subscription.clone(),
        presence: false,
        resume: None,
    };
    send(socket, codec::encode_hello(&hello)).await.map_err(|error| broken(error.to_string()))?;
    loop {
        let message = socket.next().await.ok_or_else(|| broken("it closed the connection".into()))?;
        let Message::Text(text) = message.map_err(|error| broken(error.to_string()))? else { continue };
        let strange = |reason: String| NetError::NotAChatServer { address: options.address.to_string(), reason };
        match codec::decode_server(&text).map_err(|error| strange(error.to_string()))? {
            Some(ServerFrame::Welcome(welcome)) => return Ok(*welcome),
            Some(ServerFrame::Error(refused)) => return Err(NetError::Refused(refused.error)),
            Some(ServerFrame::Goodbye(_)) => return Err(broken("it is going down".into())),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use chat_proto::ids::{ConnectionId, RoomId, Seq, UserId};
    use chat_proto::message::{Content, Item};
    use chat_proto::request::{Ping, Pong};
    use chat_proto::server_frame::{Event, Typing};
    use chat_proto::time::UnixMillis;

    use super::*;
    use crate::net::scripted_server::{Peer, ScriptedServer};

    fn options(server: &ScriptedServer) -> ConnectOptions {
        ConnectOptions::new(server.address(), Auth::Token { token: "t".into() })
    }

    /// A client that is signed in, and the other end of its connection.
    async fn signed_in() -> (Client, Peer) {
        let server = ScriptedServer::new().await;
        let options = options(&server);
        let (connected, peer) = tokio::join!(Client::connect_once(&options), server.welcome());
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
                peer.send(&Event { room, seq: Seq(seq), prev: Seq(seq - 1), item }).await;
                peer.send(&Typing { room, user: UserId(1), connection: ConnectionId(1), ttl_ms: 1 }).await;
            }
            peer.send_bytes(codec::encode_ok::<Ping>(id, &Pong { now: UnixMillis(1) })).await;
        };
        let call = timeout(Duration::from_secs(20), client.call(&Ping {}));
        let (answered, ()) = tokio::join!(call, serve);
        answered.expect("in time").expect("answered");
        let mut has_gap = false;
        for _ in 0..=PUSHES_MAX {
            let push = client.next_push().await.expect("connected");
            has_gap |= matches!(push, ServerFrame::Gap(gap) if gap.room == RoomId(1));
        }
        assert!(has_gap, "what was left out is told");
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
        // The server goes on to listen and to answer pings; it only says nothing to the second request.
        let listen = async { while peer.receive().await.is_some() {} };
        tokio::time::pause();
        let (answer, ()) = tokio::join!(answers.1, listen);
        let error = answer.expect_err("no answer").to_string();
        assert!(error.contains("did not answer"), "{error}");
        assert!(client.next_push().await.is_none(), "the connection has ended");
    }

    #[tokio::test]
    async fn a_server_that_ends_while_it_is_connected_to_is_unreachable_and_tried_again() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("ws://{}", listener.local_addr().expect("an address")).parse().expect("an address");
        let options = ConnectOptions::new(address, Auth::Token { token: "t".into() });
        let end = async {
            let (stream, _) = listener.accept().await.expect("a client");
            stream.readable().await.expect("it asks");
            drop(stream);
        };
        let (connected, ()) = tokio::join!(Client::connect_once(&options), end);
        assert!(matches!(connected, Err(NetError::Unreachable { .. })), "{connected:?}");
    }

    #[tokio::test]
    async fn a_server_that_never_answers_hello_is_given_up() {
        let server = ScriptedServer::new().await;
        let options = options(&server);
        let accept = async {
            let peer = server.accept().await;
            tokio::time::pause();
            peer
        };
        let (connected, _peer) = tokio::join!(Client::connect_once(&options), accept);
        let error = connected.expect_err("no welcome").to_string();
        assert!(error.contains("did not answer"), "{error}");
    }
}
