//! The traffic of one connection and the deadlines it sets: for a sign of life, a written frame, an answer. Pure: must
//! not know what happens when one has passed.

#![deny(clippy::disallowed_methods)]

use std::collections::BTreeMap;

use chat_proto::limits::{DEAD_AFTER_MS, HEARTBEAT_MS};
use chat_proto::server_frame::GoodbyeReason;

/// The time in which a server takes a frame, as it demands of its clients.
const WRITE_LIMIT_MS: u64 = 20_000;
/// The time in which a server answers a request.
pub(super) const ANSWER_LIMIT_MS: u64 = 60_000;
/// The time in which a connection that survived the machine's sleep answers a ping.
const AFTER_SLEEP_LIMIT_MS: u64 = 5_000;

/// Traffic on the connection: it moves deadlines and asks for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Traffic {
    /// Something came from the server.
    Received,
    /// The server said goodbye; the end of the connection follows.
    Goodbye(Goodbye),
    /// A frame is being written.
    WriteStarted,
    /// The server took the frame.
    Written,
    /// A request went out under this number.
    Asked(u64),
    /// The request was answered.
    Answered(u64),
}

/// The server's last words before it closed the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Goodbye {
    /// Why it closes.
    pub(super) reason: GoodbyeReason,
    /// How long it asks us to wait, in milliseconds.
    pub(super) reconnect_after_ms: Option<u64>,
}

/// An answer or a sign of life that did not come in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overdue {
    /// The answer to `hello`.
    Welcome,
    /// Any sign of life.
    Traffic,
    /// Room for a frame: the server does not read.
    Write,
    /// The answer to a request.
    Answer,
}

/// The deadlines of one connection.
#[derive(Debug)]
pub(super) struct Deadlines {
    received_at_ms: u64,
    /// When the last heartbeat went out, or the connection was opened.
    pinged_at_ms: u64,
    /// When a sign of life after a heartbeat is overdue.
    pong_due_ms: Option<u64>,
    /// Time between two heartbeats, shortened by some jitter.
    heartbeat_ms: u64,
    writing_since_ms: Option<u64>,
    /// Requests under way and when they were sent. Numbers rise, so the first one has waited longest.
    asked: BTreeMap<u64, u64>,
    goodbye: Option<Goodbye>,
}

impl Deadlines {
    /// Those of a connection that was opened at `now_ms`. `random` is even in 0 – 1.
    pub(super) fn new(now_ms: u64, random: f64) -> Self {
        Self {
            received_at_ms: now_ms,
            pinged_at_ms: now_ms,
            pong_due_ms: None,
            // Up to a fifth earlier, so that many clients do not ping together.
            heartbeat_ms: (HEARTBEAT_MS as f64 * (1.0 - random / 5.0)) as u64,
            writing_since_ms: None,
            asked: BTreeMap::new(),
            goodbye: None,
        }
    }

    /// Takes note of traffic at `now_ms`.
    pub(super) fn record(&mut self, traffic: Traffic, now_ms: u64) {
        match traffic {
            Traffic::Received => {
                self.received_at_ms = now_ms;
                self.pong_due_ms = None;
            }
            Traffic::Goodbye(goodbye) => self.goodbye = Some(goodbye),
            Traffic::WriteStarted => drop(self.writing_since_ms.get_or_insert(now_ms)),
            Traffic::Written => self.writing_since_ms = None,
            Traffic::Asked(id) => drop(self.asked.insert(id, now_ms)),
            Traffic::Answered(id) => drop(self.asked.remove(&id)),
        }
    }

    /// The server's last words before it closed the connection.
    pub(super) fn goodbye(&self) -> Option<Goodbye> {
        self.goodbye
    }

    /// A heartbeat goes out.
    pub(super) fn on_ping(&mut self, now_ms: u64) {
        self.pinged_at_ms = now_ms;
        self.pong_due_ms = Some(self.received_at_ms + DEAD_AFTER_MS);
    }

    /// A heartbeat goes out after the machine slept.
    pub(super) fn on_ping_after_sleep(&mut self, now_ms: u64) {
        self.pinged_at_ms = now_ms;
        self.pong_due_ms = Some(now_ms + AFTER_SLEEP_LIMIT_MS);
    }

    fn write_due_ms(&self) -> Option<u64> {
        self.writing_since_ms.map(|since| since + WRITE_LIMIT_MS)
    }

    fn answer_due_ms(&self) -> Option<u64> {
        self.asked.first_key_value().map(|(_, since)| since + ANSWER_LIMIT_MS)
    }

    /// When a heartbeat or the first deadline is due. Heartbeats go out however busy the connection is: they bring the server's
    /// time.
    pub(super) fn next_timer(&self) -> u64 {
        let traffic = self.pong_due_ms.unwrap_or(self.pinged_at_ms + self.heartbeat_ms);
        [self.write_due_ms(), self.answer_due_ms()].into_iter().flatten().fold(traffic, u64::min)
    }

    /// The deadline that has passed. `None`: a ping is due at most.
    pub(super) fn overdue(&self, now_ms: u64) -> Option<Overdue> {
        let is_past = |due: Option<u64>| due.is_some_and(|due| due <= now_ms);
        if is_past(self.write_due_ms()) {
            Some(Overdue::Write)
        } else if is_past(self.answer_due_ms()) {
            Some(Overdue::Answer)
        } else if is_past(self.pong_due_ms) {
            Some(Overdue::Traffic)
        } else {
            None
        }
    }
}
