//! The server's metrics: a plain HTTP request to the address of its WebSocket. Must not know what they say.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use super::address::{HostAddress, ServerAddress};
use crate::link_event::NetError;
use crate::text::io_reason;

/// A reachable server answers within this time.
const LIMIT: Duration = Duration::from_secs(5);
/// The longest page of metrics that is read.
const PAGE_MAX_BYTES: u64 = 1 << 20;

/// Fetches the page of metrics. `None` if the server does not give it to us: it runs on another machine, or is older.
///
/// # Errors
/// [`NetError::Unreachable`] if no server answers in time.
pub async fn metrics(address: &ServerAddress) -> Result<Option<String>, NetError> {
    let unreachable =
        |error: std::io::Error| NetError::Unreachable { address: address.to_string(), reason: io_reason(&error) };
    let asking = async {
        match address {
            ServerAddress::Unix(path) => ask(UnixStream::connect(path).await?).await,
            // Behind a path stands a proxy, which does not pass this page on.
            ServerAddress::Plain(HostAddress { host, port, path }) if is_this_machine(host) && path.is_empty() => {
                ask(TcpStream::connect((host.as_str(), *port)).await?).await
            }
            ServerAddress::Plain(_) | ServerAddress::Secure(_) => Ok(String::new()),
        }
    };
    let answer = timeout(LIMIT, asking).await.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()));
    Ok(page(&answer.map_err(unreachable)?).map(str::to_owned))
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// HTTP 1.0: the answer ends with the connection and comes in one piece.
async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> std::io::Result<String> {
    stream.write_all(b"GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n").await?;
    let mut answer = Vec::new();
    stream.take(PAGE_MAX_BYTES).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// The body of a successful answer.
fn page(answer: &str) -> Option<&str> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split_whitespace().nth(1)?;
    (status == "200").then_some(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_asked_and_only_a_page_is_read() {
        assert!(["localhost", "127.0.0.1", "127.8.8.8", "::1"].into_iter().all(is_this_machine));
        assert!(!["chat.example.org", "10.0.0.1", "localhost.example.org"].into_iter().any(is_this_machine));
        assert_eq!(page("HTTP/1.0 200 OK\r\nx: y\r\n\r\nchat_posts_total 7\n"), Some("chat_posts_total 7\n"));
        assert_eq!(page("HTTP/1.0 404 Not Found\r\n\r\nThis is a chat server"), None);
        assert_eq!(page(""), None);
    }
}
