//! One connection of the generator: bare frames, so that the client under test does not measure itself.

use std::net::SocketAddr;

use bytes::Bytes;
use chat_proto::client_frame::{Auth, ClientInfo, Hello, Resume, Subscription};
use chat_proto::codec;
use chat_proto::ids::RequestId;
use chat_proto::limits::{PROTOCOL_VERSION, SERVER_FRAME_MAX_BYTES, SUBPROTOCOL};
use chat_proto::request::Call;
use chat_proto::server_frame::{ServerFrame, Welcome};
use color_eyre::eyre::{Result, eyre};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

/// A connection.
#[derive(Debug)]
pub(crate) struct Peer {
    socket: WebSocketStream<TcpStream>,
    next_id: u64,
}

/// Returns small buffers: they are faster than the defaults, and ten thousand of them fit in memory.
pub(crate) fn small_buffers() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(4096)
        .write_buffer_size(0)
        .max_write_buffer_size(1024 * 1024)
        .max_message_size(Some(SERVER_FRAME_MAX_BYTES))
        .max_frame_size(Some(SERVER_FRAME_MAX_BYTES))
}

impl Peer {
    /// Connects without signing in.
    pub(crate) async fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut request = format!("ws://{address}/").into_client_request()?;
        request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static(SUBPROTOCOL));
        let (socket, _) = tokio_tungstenite::client_async_with_config(request, stream, Some(small_buffers())).await?;
        Ok(Self { socket, next_id: 1 })
    }

    /// Connects and signs in.
    pub(crate) async fn sign_in(
        address: SocketAddr,
        auth: Auth,
        subscribe: Subscription,
        resume: Option<Resume>,
    ) -> Result<(Self, Box<Welcome>)> {
        let mut peer = Self::connect(address).await?;
        let client = ClientInfo { name: "chat-bench".into(), version: env!("CARGO_PKG_VERSION").into() };
        let hello = Hello { version: PROTOCOL_VERSION, client, auth, subscribe, presence: false, resume };
        peer.send(codec::encode_hello(&hello)).await?;
        loop {
            match peer.next().await? {
                ServerFrame::Welcome(welcome) => return Ok((peer, welcome)),
                ServerFrame::Error(refused) => return Err(eyre!("hello was refused: {}", refused.error)),
                _ => {}
            }
        }
    }

    /// Creates an account and stays connected.
    pub(crate) async fn register(
        address: SocketAddr,
        name: &str,
        subscribe: Subscription,
    ) -> Result<(Self, Box<Welcome>)> {
        let auth = Auth::Register { name: name.parse()?, password: "benchmark password".into(), code: None };
        Self::sign_in(address, auth, subscribe, None).await
    }

    /// Sends a frame and flushes it.
    pub(crate) async fn send(&mut self, frame: Bytes) -> Result<()> {
        let text = String::from_utf8(frame.into())?;
        Ok(self.socket.send(Message::text(text)).await?)
    }

    /// Sends a request without waiting; returns its id.
    pub(crate) async fn start<C: Call>(&mut self, call: &C) -> Result<RequestId> {
        let id = RequestId(self.next_id);
        self.next_id += 1;
        self.send(codec::encode_call(id, call)).await?;
        Ok(id)
    }

    /// Sends a request and waits for the answer; drops frames pushed in between.
    pub(crate) async fn call<C: Call>(&mut self, call: &C) -> Result<C::Answer> {
        let id = self.start(call).await?;
        loop {
            match self.next().await? {
                ServerFrame::Ok(ok) if ok.id == id => return Ok(codec::decode_answer::<C>(&ok.result)?),
                ServerFrame::Error(refused) if refused.id == Some(id) => {
                    return Err(eyre!("{} was refused: {}", C::TYPE, refused.error));
                }
                _ => {}
            }
        }
    }

    /// Returns the next frame.
    pub(crate) async fn next(&mut self) -> Result<ServerFrame> {
        loop {
            if let Some(frame) = codec::decode_server(&self.next_text().await?)? {
                return Ok(frame);
            }
        }
    }

    /// Returns the next frame undecoded, for receivers that only count.
    pub(crate) async fn next_text(&mut self) -> Result<tokio_tungstenite::tungstenite::Utf8Bytes> {
        loop {
            match self.socket.next().await.ok_or_else(|| eyre!("the server closed the connection"))?? {
                Message::Text(text) => return Ok(text),
                Message::Close(frame) => return Err(eyre!("the server closed the connection: {frame:?}")),
                Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }
}
