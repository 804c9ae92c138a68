//! A server of a few lines, for tests: it sends the frames a test gives it. Must not know the rules of a real one.

use std::net::SocketAddr;

use chat_proto::client_frame::ClientFrame;
use chat_proto::codec;
use chat_proto::ids::{AccountSeq, ConnectionId, Epoch, RequestId, Run, UserId};
use chat_proto::limits::Limits;
use chat_proto::request::{self, Ping, Pong};
use chat_proto::room::User;
use chat_proto::server_frame::{AccountSnapshot, Service, Tagged, Welcome};
use chat_proto::time::UnixMillis;
use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::address::{HostAddress, ServerAddress};

/// Waits for clients.
pub(super) struct ScriptedServer {
    listener: TcpListener,
}

/// One client's connection.
pub(super) struct Peer {
    socket: WebSocketStream<TcpStream>,
}

pub(super) fn welcome() -> Box<Welcome> {
    Box::new(Welcome {
        user: User { id: UserId(1), name: "zoe".parse().expect("a name") },
        session: None,
        token: None,
        connection: ConnectionId(1),
        epoch: Epoch("one".into()),
        run: Run(1),
        now: UnixMillis(0),
        server_version: "0.1.0".into(),
        limits: Limits::default(),
        features: Vec::new(),
        service: Service::default(),
        account: AccountSnapshot { head: AccountSeq(0), rooms: Vec::new(), users: Vec::new() },
        resumed: Vec::new(),
    })
}

impl ScriptedServer {
    pub(super) async fn new() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").await.expect("a port") }
    }

    pub(super) fn address(&self) -> ServerAddress {
        let SocketAddr::V4(address) = self.listener.local_addr().expect("bound") else { panic!("bound to IPv4") };
        ServerAddress::Plain(HostAddress { host: address.ip().to_string(), port: address.port(), path: String::new() })
    }

    /// The next client, whose WebSocket is open.
    pub(super) async fn accept(&self) -> Peer {
        let (stream, _) = self.listener.accept().await.expect("a client");
        #[expect(clippy::result_large_err, reason = "the library's signature")]
        let choose = |_: &Request, mut response: Response| {
            let protocol = chat_proto::limits::SUBPROTOCOL.parse().expect("a header");
            response.headers_mut().insert("Sec-WebSocket-Protocol", protocol);
            Ok(response)
        };
        Peer { socket: tokio_tungstenite::accept_hdr_async(stream, choose).await.expect("a WebSocket") }
    }

    /// The next client, signed in.
    pub(super) async fn welcome(&self) -> Peer {
        self.welcome_in(Run(1)).await
    }

    /// The next client, signed in by a server in this run.
    pub(super) async fn welcome_in(&self, run: Run) -> Peer {
        let mut peer = self.accept().await;
        assert!(matches!(peer.receive().await, Some(ClientFrame::Hello(_))));
        peer.let_in(&Welcome { run, ..*welcome() }).await;
        peer
    }
}

impl Peer {
    /// The client's next frame. `None` once it is gone.
    pub(super) async fn receive(&mut self) -> Option<ClientFrame> {
        loop {
            match self.socket.next().await?.ok()? {
                Message::Text(text) => return Some(codec::decode_client(&text).expect("a frame")),
                Message::Close(_) => return None,
                _ => {}
            }
        }
    }

    /// Lets the client in and answers its first heartbeat.
    pub(super) async fn let_in(&mut self, welcome: &Welcome) {
        self.send(&Box::new(welcome.clone())).await;
        let heartbeat = self.receive_heartbeat().await;
        self.send_time(heartbeat, welcome.now).await;
    }

    /// The next heartbeat.
    pub(super) async fn receive_heartbeat(&mut self) -> RequestId {
        match self.receive().await {
            Some(ClientFrame::Request { id, request: request::Request::Ping(_) }) => id,
            other => panic!("a heartbeat, not {other:?}"),
        }
    }

    /// Answers a heartbeat.
    pub(super) async fn send_time(&mut self, heartbeat: RequestId, now: UnixMillis) {
        self.send_bytes(codec::encode_ok::<Ping>(heartbeat, &Pong { now })).await;
    }

    /// The next request.
    pub(super) async fn receive_request(&mut self) -> RequestId {
        match self.receive().await {
            Some(ClientFrame::Request { id, .. }) => id,
            other => panic!("asks, not {other:?}"),
        }
    }

    pub(super) async fn send<F: Tagged>(&mut self, frame: &F) {
        self.send_bytes(codec::encode(frame)).await;
    }

    pub(super) async fn send_bytes(&mut self, frame: bytes::Bytes) {
        let text = Utf8Bytes::try_from(frame).expect("UTF-8");
        self.socket.send(Message::Text(text)).await.expect("the client listens");
    }
}
