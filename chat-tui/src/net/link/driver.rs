//! Drives one link: does what its machine decides, and brings frames to the server and events to the user. Must not
//! decide when to connect, ping or give up.

mod receive;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use chat_proto::client_frame::{Auth, ClientInfo, Hello, Resume};
use chat_proto::codec;
use chat_proto::ids::RequestId;
use chat_proto::limits::PROTOCOL_VERSION;
use chat_proto::request::{Answer, Ping, Request};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::deadlines::{ANSWER_LIMIT_MS, Overdue, Traffic};
use super::machine::{Effect, End, Failure, Input, Machine, State, WELCOME_LIMIT_MS};
use super::options::{LinkCommand, LinkOptions};
use super::sleep::SleepDetector;
use super::wire::{Wire, WireEvent};
use crate::link_event::{CallError, LinkEvent, NetError};
use crate::net::connection;

/// Time to close the connection properly at the end.
const CLOSE_LIMIT: Duration = Duration::from_millis(200);

/// A heartbeat unanswered for so long is reported.
const SILENCE: Duration = Duration::from_secs(2);

/// The task of one link.
pub(super) struct Driver {
    options: LinkOptions,
    events: mpsc::Sender<LinkEvent>,
    machine: Machine,
    sleep: SleepDetector,
    wire: Option<Wire>,
    /// Requests under way: the number their sender gave, and their type.
    requests: HashMap<RequestId, (u64, &'static str)>,
    next_id: u64,
    started: Instant,
    /// The heartbeat under way, and when it was sent.
    heartbeat: Option<(RequestId, Instant)>,
    /// Whether it was reported that this heartbeat is unanswered.
    is_silence_reported: bool,
}

/// Nobody takes events any more.
struct LinkDropped;

type Flow = Result<(), LinkDropped>;

impl Driver {
    pub(super) fn new(options: LinkOptions, events: mpsc::Sender<LinkEvent>) -> Self {
        Self {
            machine: Machine::new(options.policy),
            options,
            events,
            sleep: SleepDetector::new(wall_ms(), 0),
            wire: None,
            requests: HashMap::new(),
            next_id: 1,
            started: Instant::now(),
            heartbeat: None,
            is_silence_reported: false,
        }
    }

    pub(super) async fn run(mut self, mut commands: mpsc::Receiver<LinkCommand>) {
        while !self.machine.has_ended() && self.run_once(&mut commands).await.is_ok() {}
        if let Some(wire) = self.wire.take() {
            drop(timeout(CLOSE_LIMIT, wire.close()).await);
        }
    }

    async fn run_once(&mut self, commands: &mut mpsc::Receiver<LinkCommand>) -> Flow {
        let check_ms = self.sleep.next_check_ms();
        let timers_ms = [self.machine.next_timer(), self.silence_due_ms()];
        let timer_ms = timers_ms.into_iter().flatten().fold(check_ms, u64::min);
        let has_room = self.wire.as_ref().is_none_or(Wire::has_room);
        tokio::select! {
            // Frames that have come are taken before a time limit for them passes.
            biased;
            command = commands.recv(), if has_room => match command {
                None => Err(LinkDropped),
                Some(command) => self.on_command(command).await,
            },
            event = next_of(&mut self.wire) => self.on_wire_event(event).await,
            () = tokio::time::sleep_until(self.started + Duration::from_millis(timer_ms)) => self.on_timer().await,
        }
    }

    async fn on_timer(&mut self) -> Flow {
        if self.sleep.check(wall_ms(), self.now_ms()) {
            self.step(Input::Slept).await?;
        }
        self.report_silence().await?;
        self.step(Input::TimerFired).await
    }

    /// When the heartbeat under way is to be reported as unanswered.
    fn silence_due_ms(&self) -> Option<u64> {
        let (_, sent_at) = self.heartbeat.filter(|_| !self.is_silence_reported)?;
        Some((sent_at + SILENCE - self.started).as_millis() as u64)
    }

    async fn report_silence(&mut self) -> Flow {
        if self.silence_due_ms().is_none_or(|due_ms| due_ms > self.now_ms()) {
            return Ok(());
        }
        self.is_silence_reported = true;
        let Some((_, sent_at)) = self.heartbeat else { return Ok(()) };
        self.emit(LinkEvent::Silent { for_ms: sent_at.elapsed().as_millis() as u64 }).await
    }

    async fn step(&mut self, input: Input) -> Flow {
        match self.machine.step(input, self.now_ms(), random()) {
            None => Ok(()),
            // Connecting may lead to the next step: boxed, so that the future has a size.
            Some(Effect::Connect { prepare }) => Box::pin(self.connect(prepare)).await,
            Some(Effect::Ping) => {
                self.ping();
                Ok(())
            }
            Some(Effect::GiveUp(overdue)) => {
                let error = self.overdue_error(overdue);
                let requests = match overdue {
                    Overdue::Answer => CallError::Unanswered { limit_s: ANSWER_LIMIT_MS / 1_000 },
                    Overdue::Welcome | Overdue::Traffic | Overdue::Write => CallError::Disconnected,
                };
                self.report_end(error, &requests).await
            }
        }
    }

    async fn end(&mut self, end: End, error: NetError) -> Flow {
        self.machine.end(end, self.now_ms(), random());
        self.report_end(error, &CallError::Disconnected).await
    }

    /// Reports that the link is down, then that its requests failed: a user who learns that a request came to nothing
    /// must not ask again at once.
    async fn report_end(&mut self, error: NetError, requests: &CallError) -> Flow {
        self.wire = None;
        self.heartbeat = None;
        tracing::info!(%error, state = ?self.machine.state(), "the link is down");
        match self.machine.state() {
            State::Waiting { until_ms } => {
                let retry_in_ms = until_ms.saturating_sub(self.now_ms());
                self.emit(LinkEvent::Down { reason: error.to_string(), retry_in_ms }).await?;
            }
            State::Stopped => {
                self.forget_password();
                self.emit(LinkEvent::Stopped { error }).await?;
            }
            State::Connecting | State::Greeting { .. } | State::Ready { .. } => {}
        }
        for (_, (ask, _)) in std::mem::take(&mut self.requests) {
            self.emit(LinkEvent::Answer { ask, result: Box::new(Err(requests.clone())) }).await?;
        }
        Ok(())
    }

    /// A password is for one try.
    fn forget_password(&mut self) {
        self.options.auth.take_if(|auth| match auth {
            Auth::Password { .. } | Auth::Register { .. } => true,
            Auth::Peer | Auth::Token { .. } => false,
        });
    }

    fn overdue_error(&self, overdue: Overdue) -> NetError {
        let closed = |reason: &str| NetError::Closed { reason: reason.to_owned() };
        match overdue {
            Overdue::Welcome => {
                let limit_s = WELCOME_LIMIT_MS / 1_000;
                self.unreachable(format!("it took the connection but did not answer within {limit_s} s"))
            }
            Overdue::Traffic => closed("the server does not answer"),
            Overdue::Write => closed("the server does not read from this connection"),
            Overdue::Answer => closed("the server did not answer a request in time"),
        }
    }

    fn unreachable(&self, reason: String) -> NetError {
        NetError::Unreachable { address: self.options.address.to_string(), reason }
    }

    async fn connect(&mut self, prepare: bool) -> Flow {
        self.emit(LinkEvent::Connecting).await?;
        let prepared = if prepare {
            let prepare = Arc::clone(&self.options.prepare);
            let prepared = tokio::task::spawn_blocking(move || prepare()).await;
            prepared.unwrap_or_else(|error| Err(error.to_string()))
        } else {
            Ok(())
        };
        if let Some(address) = self.options.locate.as_ref().and_then(|locate| locate()) {
            self.options.address = address;
        }
        let connected = match prepared {
            Ok(()) => connection::connect(&self.options.address, self.options.ca_file.as_deref()).await,
            Err(reason) => Err(self.unreachable(reason)),
        };
        match connected {
            Ok(socket) if self.options.auth.is_none() => {
                connection::leave(socket).await;
                self.end(End::Failed(Failure::Refused), NetError::SignInNeeded).await
            }
            Ok(socket) => {
                self.wire = Some(Wire::new(socket));
                self.step(Input::Opened).await?;
                self.emit(LinkEvent::Opened).await
            }
            Err(_) if self.machine.was_shut_down() => {
                // Another's server is not this program's to start.
                let is_own = self.options.is_own();
                let advice = if is_own { "; /retry starts it again" } else { "" };
                let reason = format!("the server was stopped{advice}");
                self.end(End::Failed(Failure::Unreachable), NetError::Closed { reason }).await
            }
            Err(error) => self.end(End::Failed(failure(&error)), error).await,
        }
    }

    async fn on_command(&mut self, command: LinkCommand) -> Flow {
        match command {
            LinkCommand::Hello(resume) => {
                self.send_hello(resume);
                Ok(())
            }
            LinkCommand::Ask { ask, request } => self.ask(ask, &request).await,
            LinkCommand::Retry => self.step(Input::Retry).await,
            LinkCommand::SignIn(auth) => {
                self.options.auth = Some(auth);
                self.step(Input::SignIn).await
            }
        }
    }

    fn send_hello(&mut self, resume: Option<Resume>) {
        let Some(auth) = self.options.auth.clone() else { return };
        let hello = Hello {
            version: PROTOCOL_VERSION,
            client: ClientInfo { name: "chat".into(), version: env!("CARGO_PKG_VERSION").into() },
            auth,
            subscribe: self.options.subscription.clone(),
            presence: self.options.has_presence,
            resume,
        };
        self.send_text(codec::encode_hello(&hello));
    }

    async fn ask(&mut self, ask: u64, request: &Request) -> Flow {
        if !matches!(self.machine.state(), State::Ready { .. }) {
            return self.answer(ask, Err(CallError::Disconnected)).await;
        }
        let id = self.send_request(request);
        self.requests.insert(id, (ask, request.type_tag()));
        Ok(())
    }

    /// Sends a heartbeat: the server answers with its time.
    fn ping(&mut self) {
        let id = self.send_request(&Ping {}.into());
        self.heartbeat = Some((id, Instant::now()));
        self.is_silence_reported = false;
    }

    fn send_request(&mut self, request: &Request) -> RequestId {
        let id = RequestId(self.next_id);
        self.next_id += 1;
        self.record(Traffic::Asked(id.0));
        self.send_text(codec::encode_request(id, request));
        id
    }

    fn send_text(&mut self, frame: Bytes) {
        self.send(Message::Text(Utf8Bytes::try_from(frame).unwrap_or_default()));
    }

    fn send(&mut self, message: Message) {
        if let Some(wire) = &mut self.wire {
            wire.send(message);
            self.record(Traffic::WriteStarted);
        }
    }

    async fn answer(&mut self, ask: u64, result: Result<Answer, CallError>) -> Flow {
        self.emit(LinkEvent::Answer { ask, result: Box::new(result) }).await
    }

    async fn emit(&mut self, event: LinkEvent) -> Flow {
        self.events.send(event).await.map_err(|_| LinkDropped)
    }

    fn record(&mut self, traffic: Traffic) {
        self.machine.record(traffic, self.now_ms());
    }

    fn now_ms(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }
}

/// Whether another try is worth it after `error`.
fn failure(error: &NetError) -> Failure {
    match error {
        NetError::Unreachable { .. } | NetError::Closed { .. } => Failure::Unreachable,
        NetError::NotAChatServer { .. } | NetError::Untrusted { .. } => Failure::NotNow { retry_after_ms: None },
        NetError::Refused(_) | NetError::SignInNeeded | NetError::SignedOut => Failure::Refused,
    }
}

async fn next_of(wire: &mut Option<Wire>) -> WireEvent {
    match wire {
        Some(wire) => wire.next().await,
        None => std::future::pending().await,
    }
}

fn wall_ms() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis() as u64
}

/// Even in 0 – 1; the middle if the system has no random numbers.
fn random() -> f64 {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).map_or(0.5, |()| f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX))
}
