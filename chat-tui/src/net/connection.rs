//! One WebSocket to a server, over the stream its address names. Must not know what travels on it.

use std::path::Path;
use std::time::Duration;

use chat_proto::limits::{SERVER_FRAME_MAX_BYTES, SUBPROTOCOL};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::address::{HostAddress, ServerAddress};
use super::tls::{self, TlsError};
use crate::link_event::NetError;
use crate::text::io_reason;

/// A reachable server completes the handshake within this time.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// One on this machine needs no network for it.
const LOCAL_CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// Time to leave a server that was only looked for.
const CLOSE_LIMIT: Duration = Duration::from_millis(200);

/// A stream of any kind.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A WebSocket over any stream.
pub(super) type Socket = WebSocketStream<Box<dyn Stream>>;

/// Connects once. `ca_file` holds the certificates that are trusted instead of the system's.
pub(super) async fn connect(address: &ServerAddress, ca_file: Option<&Path>) -> Result<Socket, NetError> {
    let limit = if address.is_unix() { LOCAL_CONNECT_LIMIT } else { CONNECT_LIMIT };
    match timeout(limit, attempt(address, ca_file)).await {
        Ok(result) => result,
        Err(_) => Err(unreachable(address, format!("no answer within {} s", limit.as_secs()))),
    }
}

/// Finds out whether a chat server answers, without signing in.
///
/// # Errors
/// Why none does.
pub async fn probe(address: &ServerAddress, ca_file: Option<&Path>) -> Result<(), NetError> {
    leave(connect(address, ca_file).await?).await;
    Ok(())
}

/// Leaves a server that was only looked for.
pub(super) async fn leave(mut socket: Socket) {
    // The server sees that we leave; nothing depends on it.
    drop(timeout(CLOSE_LIMIT, socket.close(None)).await);
}

async fn attempt(address: &ServerAddress, ca_file: Option<&Path>) -> Result<Socket, NetError> {
    let failed = |error: std::io::Error| unreachable(address, io_reason(&error));
    let strange = |reason: String| NetError::NotAChatServer { address: address.to_string(), reason };
    let (stream, place): (Box<dyn Stream>, String) = match address {
        ServerAddress::Unix(path) => (Box::new(UnixStream::connect(path).await.map_err(failed)?), "localhost".into()),
        ServerAddress::Plain(host) => (Box::new(tcp(host).await.map_err(failed)?), url_place(host)),
        ServerAddress::Secure(host) => {
            let stream = tcp(host).await.map_err(failed)?;
            let encrypted = tls::encrypt(stream, &host.host, ca_file).await.map_err(|error| match error {
                TlsError::Broken(error) => failed(error),
                TlsError::Untrusted(reason) => NetError::Untrusted { address: address.to_string(), reason },
            });
            (Box::new(encrypted?), url_place(host))
        }
    };
    let mut request = format!("ws://{place}/").into_client_request().map_err(|error| strange(error.to_string()))?;
    request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static(SUBPROTOCOL));
    let config = WebSocketConfig::default()
        .read_buffer_size(16 * 1024)
        .write_buffer_size(0)
        .max_write_buffer_size(SERVER_FRAME_MAX_BYTES)
        .max_message_size(Some(SERVER_FRAME_MAX_BYTES))
        .max_frame_size(Some(SERVER_FRAME_MAX_BYTES));
    let opened = tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await;
    opened.map(|(socket, _)| socket).map_err(|error| match error {
        // The server ended just now, or a proxy in front of it lost it: worth another try.
        Error::Io(source) => failed(source),
        Error::ConnectionClosed | Error::Protocol(ProtocolError::HandshakeIncomplete) => {
            failed(std::io::ErrorKind::ConnectionReset.into())
        }
        Error::Http(response) if response.status().is_server_error() => {
            unreachable(address, format!("a proxy in front of it answers {}", response.status()))
        }
        Error::Http(response) => strange(format!("it answers {}; is the path right?", response.status())),
        other => strange(other.to_string()),
    })
}

fn unreachable(address: &ServerAddress, reason: String) -> NetError {
    NetError::Unreachable { address: address.to_string(), reason }
}

fn url_place(address: &HostAddress) -> String {
    format!("{}{}", address.authority(), address.path)
}

async fn tcp(address: &HostAddress) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect((address.host.as_str(), address.port)).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
