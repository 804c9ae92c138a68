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

use super::handle::{LinkCommand, LinkEvent, LinkOptions};
use super::machine::{Command, Input, Machine, State};
use crate::net::connection::{self, Socket};
use crate::net::{CallError, NetError};

/// Wall clock against steady clock: beyond this difference between two looks, the machine slept.
const SLEEP_THRESHOLD: Duration = Duration::from_secs(5);
/// How often to look.
const CHECK_EVERY: Duration = Duration::from_secs(15);

/// The task.
pub(super) struct Link {
    options: LinkOptions,
    events: mpsc::Sender<LinkEvent>,
    machine: Machine,
    socket: Option<Socket>,
    requests: HashMap<RequestId, (u64, &'static str)>,
    next_id: u64,
    started: Instant,
    pinged_at: Option<Instant>,
    /// The two clocks at the last look.
    checked: (SystemTime, Instant),
    /// What the server asked us to wait before coming back.
    reconnect_after_ms: Option<u64>,
    /// Whether the server said that it goes down: then somebody wanted that, and we do not start it again unasked.
    /// Why the server said goodbye.
    goodbye_reason: Option<GoodbyeReason>,
    was_stopped: bool,
}

/// The screen is gone.
struct LinkDropped;

impl Link {
    pub(super) fn new(options: LinkOptions, events: mpsc::Sender<LinkEvent>) -> Self {
        Self {
            options,
            events,
            machine: Machine::new(),
            socket: None,
            requests: HashMap::new(),
            next_id: 1,
            started: Instant::now(),
            pinged_at: None,
            checked: (SystemTime::now(), Instant::now()),
            reconnect_after_ms: None,
            goodbye_reason: None,
            was_stopped: false,
        }
    }

    pub(super) async fn run(mut self, mut commands: mpsc::Receiver<LinkCommand>) {
        while let Ok(()) = self.run_once(&mut commands).await {}
        if let Some(mut socket) = self.socket.take() {
            drop(tokio::time::timeout(Duration::from_millis(200), socket.close(None)).await);
        }
    }

    async fn run_once(&mut self, commands: &mut mpsc::Receiver<LinkCommand>) -> Result<(), LinkDropped> {
        let timer = self.machine.next_timer().map(|ms| self.started + Duration::from_millis(ms));
        let check = self.checked.1 + CHECK_EVERY;
        let until = timer.map_or(check, |timer| timer.min(check));
        tokio::select! {
            command = commands.recv() => match command {
                None => Err(LinkDropped),
                Some(command) => self.on_command(command).await,
            },
            message = receive(&mut self.socket) => self.on_message(message).await,
            () = tokio::time::sleep_until(until) => {
                self.check_clocks().await?;
                self.step(Input::TimerFired).await
            }
        }
    }

    async fn check_clocks(&mut self) -> Result<(), LinkDropped> {
        let (wall, steady) = (SystemTime::now(), Instant::now());
        let walled = wall.duration_since(self.checked.0).unwrap_or_default();
        let slept = walled > steady.duration_since(self.checked.1) + SLEEP_THRESHOLD;
        self.checked = (wall, steady);
        if slept { self.step(Input::Slept).await } else { Ok(()) }
    }

    async fn emit(&mut self, event: LinkEvent) -> Result<(), LinkDropped> {
        self.events.send(event).await.map_err(|_| LinkDropped)
    }

    fn now_ms(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }

    async fn step(&mut self, input: Input) -> Result<(), LinkDropped> {
        match self.machine.step(input, self.now_ms(), random()) {
            Some(Command::Connect) => Box::pin(self.connect()).await,
            Some(Command::Ping) => {
                self.pinged_at = Some(Instant::now());
                self.send(Message::Ping(Bytes::new())).await
            }
            Some(Command::Drop) => self.drop_socket("the server does not answer").await,
            None => Ok(()),
        }
    }

    async fn connect(&mut self) -> Result<(), LinkDropped> {
        self.emit(LinkEvent::Connecting).await?;
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
                self.emit(LinkEvent::Opened).await
            }
            Err(reason) => self.down(Input::Failed, reason).await,
        }
    }

    async fn on_command(&mut self, command: LinkCommand) -> Result<(), LinkDropped> {
        match command {
            LinkCommand::Hello(resume) => self.hello(resume).await,
            LinkCommand::Ask { ask, request } => self.ask(ask, &request).await,
            LinkCommand::Retry => {
                self.was_stopped = false;
                self.step(Input::Retry).await
            }
        }
    }

    async fn hello(&mut self, resume: Option<Resume>) -> Result<(), LinkDropped> {
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

    async fn ask(&mut self, ask: u64, request: &Request) -> Result<(), LinkDropped> {
        if !matches!(self.machine.state(), State::Ready { .. }) {
            let result = Box::new(Err(CallError::Disconnected));
            return self.emit(LinkEvent::Answer { ask, result }).await;
        }
        let id = RequestId(self.next_id);
        self.next_id += 1;
        self.requests.insert(id, (ask, request.type_tag()));
        self.send_text(codec::encode_request(id, request)).await
    }

    async fn send_text(&mut self, frame: Bytes) -> Result<(), LinkDropped> {
        self.send(Message::Text(Utf8Bytes::try_from(frame).unwrap_or_default())).await
    }

    async fn send(&mut self, message: Message) -> Result<(), LinkDropped> {
        let Some(socket) = &mut self.socket else { return Ok(()) };
        match socket.send(message).await {
            Ok(()) => Ok(()),
            Err(error) => self.on_closed(None, error.to_string()).await,
        }
    }

    async fn on_message(
        &mut self,
        message: Option<Result<Message, tokio_tungstenite::tungstenite::Error>>,
    ) -> Result<(), LinkDropped> {
        let message = match message {
            None => return self.on_closed(None, "the server closed the connection".into()).await,
            Some(Err(error)) => return self.on_closed(None, error.to_string()).await,
            Some(Ok(message)) => message,
        };
        self.machine.step(Input::Received, self.now_ms(), random());
        match message {
            Message::Text(text) => self.on_frame(&text).await,
            Message::Pong(_) => match self.pinged_at.take() {
                Some(at) => self.emit(LinkEvent::Lag(at.elapsed().as_millis() as u64)).await,
                None => Ok(()),
            },
            Message::Close(close) => {
                let code = close.as_ref().map(|close| u16::from(close.code));
                self.on_closed(code, "the server closed the connection".into()).await
            }
            Message::Binary(_) | Message::Ping(_) | Message::Frame(_) => Ok(()),
        }
    }

    async fn on_frame(&mut self, text: &str) -> Result<(), LinkDropped> {
        match codec::decode_server(text) {
            Ok(Some(ServerFrame::Welcome(welcome))) => {
                self.was_stopped = false;
                self.step(Input::Welcomed).await?;
                self.emit(LinkEvent::Welcome(welcome)).await?;
                // The first measure of the way there and back.
                self.pinged_at = Some(Instant::now());
                self.send(Message::Ping(Bytes::new())).await
            }
            Ok(Some(ServerFrame::Ok(ok))) => match self.requests.remove(&ok.id) {
                Some((ask, tag)) => {
                    let decoded = codec::decode_answer_to(tag, &ok.result);
                    let result = Box::new(decoded.map_err(|error| CallError::Unreadable(error.to_string())));
                    self.emit(LinkEvent::Answer { ask, result }).await
                }
                None => Ok(()),
            },
            Ok(Some(ServerFrame::Error(refused))) => match refused.id {
                Some(id) => match self.requests.remove(&id) {
                    Some((ask, _)) => {
                        let result = Box::new(Err(CallError::Refused(refused.error)));
                        self.emit(LinkEvent::Answer { ask, result }).await
                    }
                    None => Ok(()),
                },
                None => self.on_error(&NetError::Refused(refused.error)).await,
            },
            Ok(Some(ServerFrame::Goodbye(goodbye))) => {
                self.on_goodbye(&goodbye);
                Ok(())
            }
            Ok(Some(frame)) => self.emit(LinkEvent::Push(frame)).await,
            Ok(None) => Ok(()),
            Err(error) => {
                tracing::warn!(%error, "a frame of the server could not be read");
                Ok(())
            }
        }
    }

    /// An error without an id: the answer to `hello`, or to a frame of ours nobody can place.
    async fn on_error(&mut self, error: &NetError) -> Result<(), LinkDropped> {
        match (self.machine.state(), error) {
            (State::Greeting { .. }, NetError::Refused(body)) if !body.retryable => {
                self.machine.step(Input::Denied, self.now_ms(), random());
                self.emit(LinkEvent::Denied { reason: body.message.clone() }).await?;
                self.close_and_fail_requests().await
            }
            (State::Greeting { .. }, _) => self.on_closed(None, error.to_string()).await,
            _ => {
                tracing::warn!(%error, "the server refused a frame");
                Ok(())
            }
        }
    }

    fn on_goodbye(&mut self, goodbye: &Goodbye) {
        self.reconnect_after_ms = goodbye.reconnect_after_ms;
        self.goodbye_reason = Some(goodbye.reason);
        self.was_stopped = goodbye.reason == GoodbyeReason::Shutdown;
    }

    async fn on_closed(&mut self, code: Option<u16>, reason: String) -> Result<(), LinkDropped> {
        let reason = match self.goodbye_reason.take() {
            Some(GoodbyeReason::Revoked) => "you were signed out".to_owned(),
            Some(GoodbyeReason::ProtocolViolation) => "the server does not understand this client".to_owned(),
            Some(GoodbyeReason::Unresponsive) => "the server heard nothing from here".to_owned(),
            Some(GoodbyeReason::Shutdown | GoodbyeReason::HelloTimeout) | None => reason,
        };
        let may_reconnect = code.is_none_or(may_reconnect);
        let after_ms = self.reconnect_after_ms.take();
        self.down(Input::Closed { may_reconnect, after_ms }, reason).await
    }

    async fn drop_socket(&mut self, reason: &str) -> Result<(), LinkDropped> {
        self.emit_state(reason.to_owned()).await?;
        self.close_and_fail_requests().await
    }

    async fn down(&mut self, input: Input, reason: String) -> Result<(), LinkDropped> {
        self.machine.step(input, self.now_ms(), random());
        // First that the link is down: who hears that an ask came to nothing must not ask again at once.
        self.emit_state(reason).await?;
        self.close_and_fail_requests().await
    }

    async fn emit_state(&mut self, reason: String) -> Result<(), LinkDropped> {
        match self.machine.state() {
            State::Stopped => self.emit(LinkEvent::Denied { reason }).await,
            State::Waiting { until_ms } => {
                let retry_in_ms = until_ms.saturating_sub(self.now_ms());
                self.emit(LinkEvent::Down { reason, retry_in_ms }).await
            }
            State::Connecting | State::Greeting { .. } | State::Ready { .. } => Ok(()),
        }
    }

    /// Every ask under way is answered: nobody knows whether it was heard.
    async fn close_and_fail_requests(&mut self) -> Result<(), LinkDropped> {
        self.socket = None;
        self.pinged_at = None;
        for (_, (ask, _)) in std::mem::take(&mut self.requests) {
            self.emit(LinkEvent::Answer { ask, result: Box::new(Err(CallError::Disconnected)) }).await?;
        }
        Ok(())
    }
}

async fn receive(socket: &mut Option<Socket>) -> Option<Result<Message, tokio_tungstenite::tungstenite::Error>> {
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
