//! A bare peer: frames of `chat_proto` over a plain WebSocket, so that a client bug cannot hide a server
//! bug.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use chat_proto::client_frame::{Auth, ClientInfo, Hello, Resume, Subscription};
use chat_proto::codec;
use chat_proto::cursor::Cursor;
use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::ids::{RequestId, RoomId, Run, Seq};
use chat_proto::message::Item;
use chat_proto::request::{Call, Changes, CreateRoom, Post, Posted, Request};
use chat_proto::room::RoomKind;
use chat_proto::server_frame::{ServerFrame, Welcome};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use crate::wait::{LIMIT, eventually};

/// How long a peer waits for any expected frame.
const FRAME_LIMIT: Duration = Duration::from_secs(30);
/// The room everyone is in.
pub const GENERAL: RoomId = RoomId(1);

/// A connection.
#[derive(Debug)]
pub struct Peer {
    socket: WebSocketStream<TcpStream>,
    next_id: u64,
    /// The server's run, once signed in.
    run: Option<Run>,
    /// Frames pushed while waiting for an answer.
    pub pushed: Vec<ServerFrame>,
}

impl Peer {
    /// Connects without signing in.
    pub async fn connect(address: SocketAddr) -> Self {
        Self::connect_with(address, &[]).await
    }

    /// Connects with additional headers, as a proxy does.
    pub async fn connect_with(address: SocketAddr, headers: &[(&'static str, &str)]) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server listens");
        let mut request = format!("ws://{address}/").into_client_request().expect("a request");
        request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("chat.v1"));
        for (name, value) in headers {
            request.headers_mut().append(*name, value.parse().expect("a header"));
        }
        let (socket, _) = tokio_tungstenite::client_async(request, stream).await.expect("a WebSocket");
        Self { socket, next_id: 1, run: None, pushed: Vec::new() }
    }

    /// The frame of a `hello`.
    pub fn hello(auth: Auth, subscribe: Subscription, resume: Option<Resume>) -> Hello {
        let client = ClientInfo { name: "test".into(), version: "0".into() };
        Hello { version: 1, client, auth, subscribe, presence: false, resume }
    }

    /// Creates an account and stays connected.
    pub async fn register(address: SocketAddr, name: &str, subscribe: Subscription) -> (Self, Box<Welcome>) {
        let auth = Auth::Register { name: name.parse().expect("a name"), password: "correct horse".into(), code: None };
        Self::sign_in(address, Self::hello(auth, subscribe, None)).await
    }

    /// Creates an account and comes online, visible to others.
    pub async fn appear(address: SocketAddr, name: &str, subscribe: Subscription) -> (Self, Box<Welcome>) {
        let auth = Auth::Register { name: name.parse().expect("a name"), password: "correct horse".into(), code: None };
        Self::sign_in(address, Hello { presence: true, ..Self::hello(auth, subscribe, None) }).await
    }

    /// Comes online with another connection.
    pub async fn appear_again(address: SocketAddr, token: &str) -> Self {
        let hello = Self::hello(Auth::Token { token: token.into() }, Subscription::None, None);
        Self::sign_in(address, Hello { presence: true, ..hello }).await.0
    }

    /// Returns the value of `wanted` for the next pushed frame that has one, and drops the frames before it.
    pub async fn pushed<T>(&mut self, wanted: impl Fn(&ServerFrame) -> Option<T>) -> T {
        let limit = Instant::now() + LIMIT;
        loop {
            assert!(Instant::now() < limit, "frames arrive, but not the expected one");
            let frame = if self.pushed.is_empty() { None } else { Some(self.pushed.remove(0)) };
            let frame = match frame {
                Some(frame) => frame,
                None => self.next().await.expect("connected"),
            };
            if let Some(found) = wanted(&frame) {
                return found;
            }
        }
    }

    /// Connects with a token.
    pub async fn with_token(
        address: SocketAddr,
        token: &str,
        subscribe: Subscription,
        resume: Option<Resume>,
    ) -> (Self, Box<Welcome>) {
        Self::sign_in(address, Self::hello(Auth::Token { token: token.into() }, subscribe, resume)).await
    }

    async fn sign_in(address: SocketAddr, hello: Hello) -> (Self, Box<Welcome>) {
        let mut peer = Self::connect(address).await;
        peer.send(codec::encode_hello(&hello)).await;
        loop {
            match peer.next().await {
                Some(ServerFrame::Welcome(welcome)) => {
                    peer.run = Some(welcome.run);
                    return (peer, welcome);
                }
                Some(ServerFrame::Error(refused)) => panic!("hello was refused: {}", refused.error),
                Some(frame) => peer.pushed.push(frame),
                None => panic!("the server closed the connection"),
            }
        }
    }

    /// Sends a frame. A broken connection shows at the next read.
    pub async fn send(&mut self, frame: Bytes) {
        drop(self.socket.send(Message::Text(Utf8Bytes::try_from(frame).expect("UTF-8"))).await);
    }

    /// Sends any message.
    pub async fn send_raw(&mut self, message: Message) {
        drop(self.socket.send(message).await);
    }

    /// Lets the system take little from the network before it is read. Its buffer would grow to several MiB, and with it
    /// what a slow reader may leave to the system instead of the server.
    pub fn take_little_unread(&self) {
        let bytes = 64 * 1024;
        rustix::net::sockopt::set_socket_recv_buffer_size(self.socket.get_ref(), bytes).expect("a socket");
    }

    /// Returns the next frame; `None` once the connection has ended.
    pub async fn next(&mut self) -> Option<ServerFrame> {
        loop {
            let text = self.next_text().await?;
            if let Some(frame) = codec::decode_server(&text).expect("a frame") {
                return Some(frame);
            }
        }
    }

    async fn next_text(&mut self) -> Option<Utf8Bytes> {
        loop {
            let message = timeout(FRAME_LIMIT, self.socket.next()).await.expect("a frame in time");
            match message {
                Some(Ok(Message::Text(text))) => return Some(text),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// Sends a request and returns the raw text of its answer. They share one id, so that answers can be compared.
    pub async fn ask_text(&mut self, request: &Request) -> String {
        let id = RequestId(u64::from(u32::MAX));
        self.send(codec::encode_request(id, request)).await;
        loop {
            let text = self.next_text().await.expect("connected");
            match codec::decode_server(&text).expect("a frame") {
                Some(ServerFrame::Ok(ok)) if ok.id == id => return text.to_string(),
                Some(ServerFrame::Error(refused)) if refused.id == Some(id) => return text.to_string(),
                frame => self.pushed.extend(frame),
            }
        }
    }

    /// Sends a request without waiting.
    pub async fn start<C: Call>(&mut self, call: &C) -> RequestId {
        let id = RequestId(self.next_id);
        self.next_id += 1;
        self.send(codec::encode_call(id, call)).await;
        id
    }

    /// Sends a request and waits for the answer; `None` if the connection ends first.
    pub async fn try_call<C: Call>(&mut self, call: &C) -> Option<Result<C::Answer, ErrorBody>> {
        let id = self.start(call).await;
        let limit = Instant::now() + LIMIT;
        loop {
            assert!(Instant::now() < limit, "frames arrive, but no answer");
            match self.next().await? {
                ServerFrame::Ok(ok) if ok.id == id => {
                    return Some(Ok(codec::decode_answer::<C>(&ok.result).expect("the paired answer")));
                }
                ServerFrame::Error(refused) if refused.id == Some(id) => return Some(Err(refused.error)),
                frame => self.pushed.push(frame),
            }
        }
    }

    /// Sends a request and waits for its success.
    pub async fn call<C: Call>(&mut self, call: &C) -> C::Answer {
        let answer = self.try_call(call).await.expect("the connection holds");
        answer.unwrap_or_else(|error| panic!("{} was refused: {error}", C::TYPE))
    }

    /// Posts a persistent message to `#general`.
    pub async fn post(&mut self, key: &str, body: &str) -> Posted {
        self.call(&post(key, body)).await
    }

    /// Retries until the request is accepted; `what` names the condition this shows.
    ///
    /// # Panics
    /// At the time limit, or if the request is refused permanently.
    pub async fn until_taken<C: Call>(&mut self, what: &str, call: &C) -> C::Answer {
        eventually(what, async || match self.try_call(call).await.expect("connected") {
            Ok(answer) => Some(answer),
            Err(error) => {
                assert!(error.retryable, "{what}: {error}");
                None
            }
        })
        .await
    }

    /// Sends a request that must be refused and returns the error code.
    pub async fn refused<C: Call<Answer: std::fmt::Debug>>(&mut self, call: &C) -> ErrorCode {
        self.try_call(call).await.expect("connected").expect_err("refused").code
    }

    /// Creates a room and joins it.
    pub async fn create(&mut self, name: &str, kind: RoomKind) -> RoomId {
        self.call(&CreateRoom { kind, ..public_room(name) }).await.room.id
    }

    /// The cursor at a number of the data as they are now.
    pub fn at(&self, seq: Seq) -> Cursor {
        Cursor { run: self.run, seq, persistent: Seq::ZERO }
    }

    /// Returns all items of `#general` changed after a change number, page by page.
    pub async fn changes(&mut self, after: Seq) -> Vec<Item> {
        self.changes_in(GENERAL, after).await
    }

    /// Returns all items changed after a change number, page by page.
    pub async fn changes_in(&mut self, room: RoomId, after: Seq) -> Vec<Item> {
        let mut items = Vec::new();
        let mut after = self.at(after);
        loop {
            let page = self.call(&Changes { room, after, limit: 50 }).await;
            items.extend(page.items);
            assert_eq!(page.parted, None, "the cursor is of this life");
            after = page.next;
            if page.next.seq >= page.head.seq {
                return items;
            }
        }
    }
}

/// Returns a persistent message for `#general`.
pub fn post(key: &str, body: &str) -> Post {
    Post {
        room: GENERAL,
        key: key.parse().expect("a key"),
        body: body.parse().expect("a body"),
        life: None,
        code: None,
        reply_to: None,
        chain: None,
    }
}

/// A public room that closes when it is empty.
pub fn public_room(name: &str) -> CreateRoom {
    CreateRoom {
        name: name.parse().expect("a name"),
        kind: RoomKind::Public,
        topic: None,
        description: None,
        default_ttl_ms: None,
        closes_when_empty: true,
    }
}
