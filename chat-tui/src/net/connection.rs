//! One WebSocket to a server, over the stream its address names. Must not know what travels on it.

use std::sync::Arc;
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

use super::address::ServerAddress;
use crate::link_event::NetError;
use crate::text::io_reason;

/// A reachable server completes the handshake within this time.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// A stream of any kind.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A WebSocket over any stream.
pub(super) type Socket = WebSocketStream<Box<dyn Stream>>;

/// Connects once.
pub(super) async fn connect(address: &ServerAddress) -> Result<Socket, NetError> {
    let unreachable = |reason: String| NetError::Unreachable { address: address.to_string(), reason };
    match timeout(CONNECT_LIMIT, attempt(address)).await {
        Ok(result) => result,
        Err(_) => Err(unreachable(format!("no answer within {} s", CONNECT_LIMIT.as_secs()))),
    }
}

async fn attempt(address: &ServerAddress) -> Result<Socket, NetError> {
    let unreachable =
        |error: std::io::Error| NetError::Unreachable { address: address.to_string(), reason: io_reason(&error) };
    let (stream, host): (Box<dyn Stream>, String) = match address {
        ServerAddress::Unix(path) => {
            (Box::new(UnixStream::connect(path).await.map_err(unreachable)?), "localhost".into())
        }
        ServerAddress::Plain { host, port } => {
            (Box::new(tcp(host, *port).await.map_err(unreachable)?), url_host(host, *port))
        }
        ServerAddress::Secure { host, port } => {
            (Box::new(tls(host, *port).await.map_err(unreachable)?), url_host(host, *port))
        }
    };
    let strange = |reason: String| NetError::NotAChatServer { address: address.to_string(), reason };
    let mut request = format!("ws://{host}/").into_client_request().map_err(|error| strange(error.to_string()))?;
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
        Error::Io(source) => unreachable(source),
        Error::ConnectionClosed | Error::Protocol(ProtocolError::HandshakeIncomplete) => {
            unreachable(std::io::ErrorKind::ConnectionReset.into())
        }
        other => strange(other.to_string()),
    })
}

fn url_host(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

async fn tcp(host: &str, port: u16) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect((host, port)).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn tls(host: &str, port: u16) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let other = std::io::Error::other::<String>;
    let name = rustls::pki_types::ServerName::try_from(host.to_owned()).map_err(|error| other(error.to_string()))?;
    let found = rustls_native_certs::load_native_certs();
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err(other("this system has no certificates to check a server's by".into()));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| other(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    connector.connect(name, tcp(host, port).await?).await
}
