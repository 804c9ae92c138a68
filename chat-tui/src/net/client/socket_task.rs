//! The task that owns a client's socket: writes what is asked, gives answers to their askers, passes on what is pushed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use chat_proto::codec;
use chat_proto::ids::{RequestId, RoomId};
use chat_proto::limits::{DEAD_AFTER_MS, HEARTBEAT_MS};
use chat_proto::server_frame::{Gap, ServerFrame};
use futures_util::{SinkExt, StreamExt};
use serde_json::value::RawValue;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

use crate::net::CallError;
use crate::net::connection::Socket;

/// Pushed frames that may wait to be taken. What does not fit is left out and its room told as a gap: the socket is
/// read on in any case, since the answer someone waits for may stand behind what nobody takes.
pub(super) const PUSHES_MAX: usize = 256;
const REQUESTS_MAX: usize = 256;
/// A server that is there answers a request within this time; one that does not is as good as gone.
const ANSWER_LIMIT: Duration = Duration::from_mins(1);
/// What is written is taken within this time, as the server demands of its clients.
const WRITE_LIMIT: Duration = Duration::from_secs(20);

/// A request and where its answer goes.
pub(super) struct Ask {
    pub frame: Box<dyn FnOnce(RequestId) -> Bytes + Send>,
    pub answer: oneshot::Sender<Result<Box<RawValue>, CallError>>,
}

/// Who waits for an answer, and since when.
struct Waiting {
    answer: oneshot::Sender<Result<Box<RawValue>, CallError>>,
    since: Instant,
}

/// By number: the first one waits longest.
type Answers = BTreeMap<RequestId, Waiting>;

/// Owns the socket until either side ends it. Whoever still waits then is told so.
pub(super) async fn run(mut socket: Socket, mut asks: mpsc::UnboundedReceiver<Ask>, sender: mpsc::Sender<ServerFrame>) {
    serve(&mut socket, &mut asks, sender).await;
    // What is asked at this very moment may still be on its way into the channel. It is waited for and dropped: in a
    // channel without a reader it would wait for its answer for ever.
    asks.close();
    while asks.recv().await.is_some() {}
}

async fn serve(socket: &mut Socket, asks: &mut mpsc::UnboundedReceiver<Ask>, sender: mpsc::Sender<ServerFrame>) {
    let mut waiting = Answers::new();
    let mut pushes = Pushes { sender, gaps: BTreeSet::new() };
    let mut next_id = 1;
    let mut received_at = Instant::now();
    let mut is_pinged = false;
    loop {
        let silence = if is_pinged { DEAD_AFTER_MS } else { HEARTBEAT_MS };
        let unanswered_at = waiting.first_key_value().map(|(_, first)| first.since + ANSWER_LIMIT);
        tokio::select! {
            // What has come is taken before it is said that nothing came.
            biased;
            ask = asks.recv(), if waiting.len() < REQUESTS_MAX => {
                // Nobody asks any more: the client was dropped.
                let Some(ask) = ask else {
                    drop(timeout(WRITE_LIMIT, socket.close(None)).await);
                    return;
                };
                let id = RequestId(next_id);
                next_id += 1;
                waiting.insert(id, Waiting { answer: ask.answer, since: Instant::now() });
                if !is_written(send(socket, (ask.frame)(id))).await {
                    return;
                }
            }
            () = pushes.send_gaps(), if !pushes.gaps.is_empty() => {}
            message = socket.next() => {
                let Some(Ok(message)) = message else { return };
                (received_at, is_pinged) = (Instant::now(), false);
                if let Message::Text(text) = message {
                    on_frame(&text, &mut waiting, &mut pushes);
                }
            }
            () = tokio::time::sleep_until(received_at + Duration::from_millis(silence)) => {
                if is_pinged || !is_written(socket.send(Message::Ping(Bytes::new()))).await {
                    return;
                }
                is_pinged = true;
            }
            () = until(unanswered_at), if unanswered_at.is_some() => {
                tracing::warn!(requests = waiting.len(), "a request was not answered in time; the connection is given up");
                for waiting in waiting.into_values() {
                    drop(waiting.answer.send(Err(CallError::Unanswered { limit_s: ANSWER_LIMIT.as_secs() })));
                }
                return;
            }
        }
    }
}

/// Whether what is written was taken, and in time.
async fn is_written<E>(writing: impl Future<Output = Result<(), E>>) -> bool {
    matches!(timeout(WRITE_LIMIT, writing).await, Ok(Ok(())))
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// Brings a frame to whom it belongs.
fn on_frame(text: &str, waiting: &mut Answers, pushes: &mut Pushes) {
    match codec::decode_server(text) {
        Ok(Some(ServerFrame::Ok(ok))) => drop(waiting.remove(&ok.id).map(|waiting| waiting.answer.send(Ok(ok.result)))),
        Ok(Some(ServerFrame::Error(refused))) => {
            let asker = refused.id.and_then(|id| waiting.remove(&id));
            drop(asker.map(|asker| asker.answer.send(Err(CallError::Refused(refused.error)))));
        }
        Ok(Some(frame)) => pushes.push(frame),
        Ok(None) => {}
        Err(error) => tracing::warn!(%error, "a frame of the server could not be read"),
    }
}

/// What is pushed, as far as it is taken.
struct Pushes {
    sender: mpsc::Sender<ServerFrame>,
    /// Rooms of which something was left out, not told yet.
    gaps: BTreeSet<RoomId>,
}

impl Pushes {
    fn push(&mut self, frame: ServerFrame) {
        match self.sender.try_send(frame) {
            Err(mpsc::error::TrySendError::Full(ServerFrame::Event(event))) => drop(self.gaps.insert(event.room)),
            Err(mpsc::error::TrySendError::Full(ServerFrame::Gap(gap))) => drop(self.gaps.insert(gap.room)),
            // Typing, presence and the like may be left out; a reader that is gone needs nothing.
            Ok(()) | Err(_) => {}
        }
    }

    /// Tells one gap once there is room; may be dropped at any time.
    async fn send_gaps(&mut self) {
        let Ok(permit) = self.sender.reserve().await else {
            self.gaps.clear();
            return;
        };
        if let Some(room) = self.gaps.pop_first() {
            permit.send(ServerFrame::Gap(Gap { room }));
        }
    }
}

/// Writes a frame.
pub(super) async fn send(socket: &mut Socket, frame: Bytes) -> Result<(), Error> {
    socket.send(Message::Text(Utf8Bytes::try_from(frame).unwrap_or_default())).await
}
