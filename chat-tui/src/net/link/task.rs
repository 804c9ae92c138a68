//! One server, for as long as the program runs: connects, greets, hears and speaks, and begins again for ever. What
//! it hears goes out typed; what it is told to ask is answered once, with `Disconnected` where the connection broke.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use chat_proto::client_frame::{ClientInfo, Hello, Resume, Subscription};
use chat_proto::codec;
use chat_proto::ids::RequestId;
use chat_proto::limits::PROTOCOL_VERSION;
use chat_proto::request::Request;
use chat_proto::server_frame::{Goodbye, GoodbyeReason, ServerFrame, may_reconnect};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::handle::{LinkNews, LinkOptions, LinkOrder};
use super::machine::{Input, Machine, Order, State};
use crate::net::connection::{self, Socket};
use crate::net::{CallError, NetError};

/// Wall clock against steady clock: beyond this difference between two looks, the machine slept.
const SLEPT: Duration = Duration::from_secs(5);
/// How often to look.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// The task.
pub(super) struct Link {
    options: LinkOptions,
    told: mpsc::Sender<LinkNews>,
    machine: Machine,
    socket: Option<Socket>,
    asked: HashMap<RequestId, (u64, &'static str)>,
    next_id: u64,
    started: Instant,
    pinged_at: Option<Instant>,
    /// The two clocks at the last look.
    looked: (SystemTime, Instant),
    /// What the server asked us to wait before coming back.
    come_back_ms: Option<u64>,
    /// Whether the server said that it goes down: then somebody wanted that, and we do not start it again unasked.
    /// Why the server said goodbye.
    farewell: Option<GoodbyeReason>,
    was_stopped: bool,
}

/// The screen is gone.
struct Ended;

impl Link {
    pub(super) fn new(options: LinkOptions, told: mpsc::Sender<LinkNews>) -> Self {
        Self {
            options,
            told,
            machine: Machine::new(),
            socket: None,
            asked: HashMap::new(),
            next_id: 1,
            started: Instant::now(),
            pinged_at: None,
            looked: (SystemTime::now(), Instant::now()),
            come_back_ms: None,
            farewell: None,
            was_stopped: false,
        }
    }

    pub(super) async fn run(mut self, mut ordered: mpsc::Receiver<LinkOrder>) {
        while let Ok(()) = self.turn(&mut ordered).await {}
        if let Some(mut socket) = self.socket.take() {
            drop(tokio::time::timeout(Duration::from_millis(200), socket.close(None)).await);
        }
    }

    async fn turn(&mut self, ordered: &mut mpsc::Receiver<LinkOrder>) -> Result<(), Ended> {
        let wake = self.machine.wake_at().map(|ms| self.started + Duration::from_millis(ms));
        let look = self.looked.1 + LOOK_EVERY;
        let until = wake.map_or(look, |wake| wake.min(look));
        tokio::select! {
            order = ordered.recv() => match order {
                None => Err(Ended),
                Some(order) => self.obey(order).await,
            },
            message = hear(&mut self.socket) => self.heard(message).await,
            () = tokio::time::sleep_until(until) => {
                self.look_at_clocks().await?;
                self.step(Input::Woken).await
            }
        }
    }

    async fn look_at_clocks(&mut self) -> Result<(), Ended> {
        let (wall, steady) = (SystemTime::now(), Instant::now());
        let walled = wall.duration_since(self.looked.0).unwrap_or_default();
        let slept = walled > steady.duration_since(self.looked.1) + SLEPT;
        self.looked = (wall, steady);
        if slept { self.step(Input::Slept).await } else { Ok(()) }
    }

    async fn tell(&mut self, news: LinkNews) -> Result<(), Ended> {
        self.told.send(news).await.map_err(|_| Ended)
    }

    fn now_ms(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }

    async fn step(&mut self, input: Input) -> Result<(), Ended> {
        match self.machine.step(input, self.now_ms(), random()) {
            Some(Order::Connect) => Box::pin(self.connect()).await,
            Some(Order::Ping) => {
                self.pinged_at = Some(Instant::now());
                self.send(Message::Ping(Bytes::new())).await
            }
            Some(Order::Drop) => self.drop_socket("the server does not answer").await,
            None => Ok(()),
        }
    }

    async fn connect(&mut self) -> Result<(), Ended> {
        self.tell(LinkNews::Connecting).await?;
        let prepare = Arc::clone(&self.options.prepare);
        let was_stopped = self.was_stopped;
        let prepared = tokio::task::spawn_blocking(move || if was_stopped { Ok(()) } else { prepare() }).await;
        let opened = match prepared {
            Ok(Ok(())) => connection::connect(&self.options.address).await.map_err(|error| {
                if was_stopped {
                    "the server was stopped; /retry starts it again".to_owned()
                } else {
                    error.to_string()
                }
            }),
            Ok(Err(reason)) => Err(reason),
            Err(error) => Err(error.to_string()),
        };
        match opened {
            Ok(socket) => {
                self.socket = Some(socket);
                self.machine.step(Input::Opened, self.now_ms(), random());
                self.tell(LinkNews::Opened).await
            }
            Err(reason) => self.down(Input::Failed, reason).await,
        }
    }

    async fn obey(&mut self, order: LinkOrder) -> Result<(), Ended> {
        match order {
            LinkOrder::Hello(resume) => self.hello(resume).await,
            LinkOrder::Ask { ask, request } => self.ask(ask, &request).await,
            LinkOrder::Retry => {
                self.was_stopped = false;
                self.step(Input::Retry).await
            }
        }
    }

    async fn hello(&mut self, resume: Option<Resume>) -> Result<(), Ended> {
        let hello = Hello {
            version: PROTOCOL_VERSION,
            client: ClientInfo { name: "chat".into(), version: env!("CARGO_PKG_VERSION").into() },
            auth: self.options.auth.clone(),
            subscribe: Subscription::All,
            presence: true,
            resume,
        };
        self.send_text(codec::encode_hello(&hello)).await
    }

    async fn ask(&mut self, ask: u64, request: &Request) -> Result<(), Ended> {
        if !matches!(self.machine.state(), State::Ready { .. }) {
            let result = Box::new(Err(CallError::Disconnected));
            return self.tell(LinkNews::Answer { ask, result }).await;
        }
        let id = RequestId(self.next_id);
        self.next_id += 1;
        self.asked.insert(id, (ask, request.type_tag()));
        self.send_text(codec::encode_request(id, request)).await
    }

    async fn send_text(&mut self, frame: Bytes) -> Result<(), Ended> {
        self.send(Message::Text(Utf8Bytes::try_from(frame).unwrap_or_default())).await
    }

    async fn send(&mut self, message: Message) -> Result<(), Ended> {
        let Some(socket) = &mut self.socket else { return Ok(()) };
        match socket.send(message).await {
            Ok(()) => Ok(()),
            Err(error) => self.closed(None, error.to_string()).await,
        }
    }

    async fn heard(
        &mut self,
        message: Option<Result<Message, tokio_tungstenite::tungstenite::Error>>,
    ) -> Result<(), Ended> {
        let message = match message {
            None => return self.closed(None, "the server closed the connection".into()).await,
            Some(Err(error)) => return self.closed(None, error.to_string()).await,
            Some(Ok(message)) => message,
        };
        self.machine.step(Input::Heard, self.now_ms(), random());
        match message {
            Message::Text(text) => self.frame(&text).await,
            Message::Pong(_) => match self.pinged_at.take() {
                Some(at) => self.tell(LinkNews::Lag(at.elapsed().as_millis() as u64)).await,
                None => Ok(()),
            },
            Message::Close(close) => {
                let code = close.as_ref().map(|close| u16::from(close.code));
                self.closed(code, "the server closed the connection".into()).await
            }
            Message::Binary(_) | Message::Ping(_) | Message::Frame(_) => Ok(()),
        }
    }

    async fn frame(&mut self, text: &str) -> Result<(), Ended> {
        match codec::decode_server(text) {
            Ok(Some(ServerFrame::Welcome(welcome))) => {
                self.was_stopped = false;
                self.step(Input::Welcomed).await?;
                self.tell(LinkNews::Welcome(welcome)).await?;
                // The first measure of the way there and back.
                self.pinged_at = Some(Instant::now());
                self.send(Message::Ping(Bytes::new())).await
            }
            Ok(Some(ServerFrame::Ok(ok))) => match self.asked.remove(&ok.id) {
                Some((ask, tag)) => {
                    let decoded = codec::decode_answer_to(tag, &ok.result);
                    let result = Box::new(decoded.map_err(|error| CallError::Unreadable(error.to_string())));
                    self.tell(LinkNews::Answer { ask, result }).await
                }
                None => Ok(()),
            },
            Ok(Some(ServerFrame::Error(refused))) => match refused.id {
                Some(id) => match self.asked.remove(&id) {
                    Some((ask, _)) => {
                        let result = Box::new(Err(CallError::Refused(refused.error)));
                        self.tell(LinkNews::Answer { ask, result }).await
                    }
                    None => Ok(()),
                },
                None => self.refused(&NetError::Refused(refused.error)).await,
            },
            Ok(Some(ServerFrame::Goodbye(goodbye))) => {
                self.remember(&goodbye);
                Ok(())
            }
            Ok(Some(frame)) => self.tell(LinkNews::Push(frame)).await,
            Ok(None) => Ok(()),
            Err(error) => {
                tracing::warn!(%error, "a frame of the server could not be read");
                Ok(())
            }
        }
    }

    /// An error without an id: the answer to `hello`, or to a frame of ours nobody can place.
    async fn refused(&mut self, error: &NetError) -> Result<(), Ended> {
        match (self.machine.state(), error) {
            (State::Greeting { .. }, NetError::Refused(body)) if !body.retryable => {
                self.machine.step(Input::Denied, self.now_ms(), random());
                self.tell(LinkNews::Denied { reason: body.message.clone() }).await?;
                self.give_up_socket().await
            }
            (State::Greeting { .. }, _) => self.closed(None, error.to_string()).await,
            _ => {
                tracing::warn!(%error, "the server refused a frame");
                Ok(())
            }
        }
    }

    fn remember(&mut self, goodbye: &Goodbye) {
        self.come_back_ms = goodbye.reconnect_after_ms;
        self.farewell = Some(goodbye.reason);
        self.was_stopped = goodbye.reason == GoodbyeReason::Shutdown;
    }

    async fn closed(&mut self, code: Option<u16>, reason: String) -> Result<(), Ended> {
        let reason = match self.farewell.take() {
            Some(GoodbyeReason::Revoked) => "you were signed out".to_owned(),
            Some(GoodbyeReason::ProtocolViolation) => "the server does not understand this client".to_owned(),
            Some(GoodbyeReason::Unresponsive) => "the server heard nothing from here".to_owned(),
            Some(GoodbyeReason::Shutdown | GoodbyeReason::HelloTimeout) | None => reason,
        };
        let may_reconnect = code.is_none_or(may_reconnect);
        let after_ms = self.come_back_ms.take();
        self.down(Input::Closed { may_reconnect, after_ms }, reason).await
    }

    async fn drop_socket(&mut self, reason: &str) -> Result<(), Ended> {
        self.tell_state(reason.to_owned()).await?;
        self.give_up_socket().await
    }

    async fn down(&mut self, input: Input, reason: String) -> Result<(), Ended> {
        self.machine.step(input, self.now_ms(), random());
        // First that the link is down: who hears that an ask came to nothing must not ask again at once.
        self.tell_state(reason).await?;
        self.give_up_socket().await
    }

    async fn tell_state(&mut self, reason: String) -> Result<(), Ended> {
        match self.machine.state() {
            State::Stopped => self.tell(LinkNews::Denied { reason }).await,
            State::Waiting { until_ms } => {
                let retry_in_ms = until_ms.saturating_sub(self.now_ms());
                self.tell(LinkNews::Down { reason, retry_in_ms }).await
            }
            State::Connecting | State::Greeting { .. } | State::Ready { .. } => Ok(()),
        }
    }

    /// Every ask under way is answered: nobody knows whether it was heard.
    async fn give_up_socket(&mut self) -> Result<(), Ended> {
        self.socket = None;
        self.pinged_at = None;
        for (_, (ask, _)) in std::mem::take(&mut self.asked) {
            self.tell(LinkNews::Answer { ask, result: Box::new(Err(CallError::Disconnected)) }).await?;
        }
        Ok(())
    }
}

async fn hear(socket: &mut Option<Socket>) -> Option<Result<Message, tokio_tungstenite::tungstenite::Error>> {
    match socket {
        Some(socket) => socket.next().await,
        None => std::future::pending().await,
    }
}

/// Even in 0 – 1; the middle where the system has no random numbers.
fn random() -> f64 {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).map_or(0.5, |()| f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX))
}
