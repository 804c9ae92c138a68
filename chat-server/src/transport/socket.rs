//! One WebSocket in one task: carries frames between the socket and its door, notices silence, and says goodbye. Must not know
//! how frames are encoded.

use std::sync::Arc;
use std::time::Duration;

use chat_proto::limits::{CLIENT_FRAME_MAX_BYTES, DEAD_AFTER_MS};
use chat_proto::server_frame::GoodbyeReason;
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Message, Utf8Bytes};

use super::frames::FrameWriter;
use crate::access::Origin;
use crate::connection::JsonDoor;
use crate::send_queue::{Frame, SendQueue};
use crate::server::Server;
use crate::tasks::Tasks;

/// Time limit for `hello`.
const HELLO_LIMIT: Duration = Duration::from_secs(10);
/// A socket that accepts no bytes for this long is closed.
const WRITE_LIMIT: Duration = Duration::from_secs(20);
/// Frames written before the socket is flushed.
const BATCH: usize = 64;
/// Clients reconnect after this time when the server restarts, spread over as long again.
const RECONNECT_MS: u64 = 500;
const RECONNECT_SPREAD_MS: u64 = 500;
const READ_BUFFER: usize = 1024;

/// Small buffers: most of thousands of connections are idle, and small buffers are faster, too.
fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(2 * chat_proto::limits::SERVER_FRAME_MAX_BYTES)
        .max_message_size(Some(CLIENT_FRAME_MAX_BYTES))
        .max_frame_size(Some(CLIENT_FRAME_MAX_BYTES))
}

struct SocketTask<S> {
    socket: WebSocketStream<S>,
    door: JsonDoor,
    send_queue: SendQueue,
    frames: FrameWriter<Frame>,
    heard_at: Instant,
}

/// Serves a WebSocket until either side ends it.
pub(super) async fn run<S>(stream: S, read_ahead: Vec<u8>, origin: Origin, server: Arc<Server>, tasks: Tasks)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let socket = WebSocketStream::from_partially_read(stream, read_ahead, Role::Server, Some(config())).await;
    let send_queue = SendQueue::default();
    let door = JsonDoor::new(server, origin, send_queue.clone());
    let mut task = SocketTask { socket, door, send_queue, frames: FrameWriter::default(), heard_at: Instant::now() };
    let reason = tokio::select! {
        reason = task.serve() => reason,
        () = tasks.stopping() => Some(GoodbyeReason::Shutdown),
    };
    if let Some(reason) = reason {
        // The other side may not be reading any more.
        drop(timeout(Duration::from_secs(2), task.say_goodbye(reason)).await);
    }
    task.door.end().await;
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> SocketTask<S> {
    /// Serves the socket. Returns the reason if the server ends it, `None` if the other side has.
    async fn serve(&mut self) -> Option<GoodbyeReason> {
        loop {
            let silence = if self.door.is_signed_in() { Duration::from_millis(DEAD_AFTER_MS) } else { HELLO_LIMIT };
            let deadline = self.heard_at + silence;
            tokio::select! {
                message = self.socket.next(), if self.door.is_ready() => match message {
                    Some(Ok(message)) => {
                        if !matches!(message, Message::Close(_)) && self.door.is_signed_in() {
                            self.heard_at = Instant::now();
                        }
                        self.take(message).await?;
                    }
                    Some(Err(error)) => return self.fail(&error).await,
                    None => return None,
                },
                () = self.send_queue.ready() => {
                    if let Some(reason) = self.send_queue.closing() {
                        return Some(reason);
                    }
                    self.send_queue.take(self.frames.queue(), BATCH);
                    match self.write().await {
                        Ok(()) => {}
                        Err(tungstenite::Error::Io(error)) if error.kind() == std::io::ErrorKind::TimedOut => {
                            return Some(GoodbyeReason::Unresponsive);
                        }
                        Err(_) => return None,
                    }
                }
                () = self.door.finish_next_post() => {}
                () = tokio::time::sleep_until(deadline) => {
                    let is_in = self.door.is_signed_in();
                    return Some(if is_in { GoodbyeReason::Unresponsive } else { GoodbyeReason::HelloTimeout });
                }
            }
        }
    }

    async fn take(&mut self, message: Message) -> Option<()> {
        match message {
            Message::Text(text) => self.door.take(&text).await,
            Message::Binary(_) => self.door.refuse_unreadable("Frames are text messages, not binary ones."),
            // The library answers a ping with the next write, which may be far away.
            Message::Ping(_) => timeout(WRITE_LIMIT, self.socket.flush()).await.ok()?.ok()?,
            Message::Pong(_) | Message::Frame(_) => {}
            Message::Close(_) => return None,
        }
        Some(())
    }

    /// Reports why the stream cannot be read any further, if that helps the client.
    async fn fail(&mut self, error: &tungstenite::Error) -> Option<GoodbyeReason> {
        use chat_proto::error::{ErrorBody, ErrorCode};
        let body = match error {
            tungstenite::Error::Capacity(CapacityError::MessageTooLong { .. }) => {
                let message = format!("A frame has at most {CLIENT_FRAME_MAX_BYTES} bytes.");
                ErrorBody::new(ErrorCode::TooLarge, message)
            }
            // It has hung up: there is nobody to tell.
            tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => return None,
            tungstenite::Error::Utf8(_) => ErrorBody::new(ErrorCode::BadFrame, "A text message is UTF-8."),
            tungstenite::Error::Protocol(_) => ErrorBody::new(ErrorCode::BadFrame, "This is not a WebSocket frame."),
            _ => return None,
        };
        self.frames.queue().push_back(JsonDoor::error(body));
        drop(self.write().await);
        Some(GoodbyeReason::ProtocolViolation)
    }

    /// Writes what is still queued, says goodbye and closes.
    async fn say_goodbye(&mut self, reason: GoodbyeReason) -> tungstenite::Result<()> {
        // Every accepted post is answered before the end.
        self.door.finish_posts().await;
        self.send_queue.take(self.frames.queue(), usize::MAX);
        let reconnect_after_ms = match reason {
            GoodbyeReason::Shutdown => Some(RECONNECT_MS + self.door.share_of(RECONNECT_SPREAD_MS)),
            GoodbyeReason::Unresponsive | GoodbyeReason::HelloTimeout => Some(RECONNECT_MS),
            GoodbyeReason::Revoked | GoodbyeReason::ProtocolViolation => None,
        };
        self.frames.queue().push_back(JsonDoor::goodbye(reason, reconnect_after_ms));
        self.write().await?;
        let code = CloseCode::from(reason.close_code());
        self.socket.close(Some(CloseFrame { code, reason: Utf8Bytes::from_static("") })).await
    }

    /// Writes what is queued, after the library's own frames (pongs), so that neither is cut by the other.
    async fn write(&mut self) -> tungstenite::Result<()> {
        let stalled = |_| tungstenite::Error::Io(std::io::ErrorKind::TimedOut.into());
        timeout(WRITE_LIMIT, self.socket.flush()).await.map_err(stalled)??;
        Ok(self.frames.write_to(self.socket.get_mut(), WRITE_LIMIT).await?)
    }
}
