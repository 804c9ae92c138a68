//! The rules of one link: when to connect, ping, give up a connection and try again. Pure: events and the time come in,
//! effects go out; must not know sockets or clocks.

#![deny(clippy::disallowed_methods)]

#[cfg(test)]
mod tests;

use chat_proto::server_frame::{GoodbyeReason, may_reconnect};

use super::deadlines::{Deadlines, Overdue, Traffic};
use super::policy::Policy;

/// The first pause before connecting again, in milliseconds: evenly between these two.
const FIRST_PAUSE_MS: (f64, f64) = (100.0, 500.0);
/// The time in which a server answers `hello`; it may hash a password meanwhile.
pub(super) const WELCOME_LIMIT_MS: u64 = 20_000;
/// After a connection that held this long, the pauses begin anew.
const STABLE_AFTER_MS: u64 = 10_000;

/// Something that can change the link's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// The socket is open; `hello` goes out.
    Opened,
    /// The server let us in.
    Welcomed,
    /// The time of [`Machine::next_timer`] has come.
    TimerFired,
    /// The machine slept: clocks ran on, the connection may be dead.
    Slept,
    /// The person wants to try now.
    Retry,
    /// The person has given a name and a password, and waits for the result of one try.
    SignIn,
}

/// The end of a connection, or of a try to make one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// No connection came about.
    Failed(Failure),
    /// The connection ended, with the close code if the server gave one.
    Closed(Option<u16>),
}

/// Why no connection came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// Nobody answers, or the server is going down: the next try may find one.
    Unreachable,
    /// Refused for now, or another program answers: worth another try only to somebody who stays.
    NotNow {
        /// How long the server asks us to wait, in milliseconds.
        retry_after_ms: Option<u64>,
    },
    /// Refused for good.
    Refused,
}

/// The next step of the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Open a socket.
    Connect {
        /// Whether to make the server reachable first.
        prepare: bool,
    },
    /// Send a ping.
    Ping,
    /// Drop the socket, because a time limit has passed; [`Machine::state`] says what follows.
    GiveUp(Overdue),
}

/// The state of the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Between two tries.
    Waiting {
        /// When the next one begins.
        until_ms: u64,
    },
    /// Opening a socket.
    Connecting,
    /// Waiting for the welcome.
    Greeting {
        /// Since when.
        since_ms: u64,
    },
    /// Signed in.
    Ready {
        /// Since when.
        since_ms: u64,
    },
    /// Not trying any more; only [`Input::Retry`] changes that.
    Stopped,
}

/// The rules of one link. Times are milliseconds since the link began, of a clock that never goes back.
#[expect(clippy::struct_excessive_bools, reason = "independent facts about the tries so far")]
#[derive(Debug)]
pub(super) struct Machine {
    policy: Policy,
    state: State,
    has_tried: bool,
    was_welcomed: bool,
    /// Whether the server was shut down on purpose: then it is not started again unasked.
    was_shut_down: bool,
    /// Whether the present try is the only one, whatever comes of it.
    is_only_try: bool,
    /// Tries that failed since a connection last held.
    failures: u32,
    /// Those of the present connection.
    deadlines: Deadlines,
}

impl Machine {
    /// A link that connects at once.
    pub(super) fn new(policy: Policy) -> Self {
        Self {
            policy,
            state: State::Waiting { until_ms: 0 },
            has_tried: false,
            was_welcomed: false,
            was_shut_down: false,
            is_only_try: false,
            failures: 0,
            deadlines: Deadlines::new(0, 0.0),
        }
    }

    /// The state of the link.
    pub(super) fn state(&self) -> State {
        self.state
    }

    /// Whether the link has stopped for ever.
    pub(super) fn has_ended(&self) -> bool {
        self.state == State::Stopped && !self.policy.can_be_retried()
    }

    /// Whether the server was shut down on purpose, and has not been seen since.
    pub(super) fn was_shut_down(&self) -> bool {
        self.was_shut_down
    }

    /// The reason the server gave before it closed the present connection.
    pub(super) fn goodbye_reason(&self) -> Option<GoodbyeReason> {
        self.deadlines.goodbye().map(|goodbye| goodbye.reason)
    }

    /// When [`Input::TimerFired`] is due. `None` if only the outside can move the link.
    pub(super) fn next_timer(&self) -> Option<u64> {
        match self.state {
            State::Waiting { until_ms } => Some(until_ms),
            State::Greeting { since_ms } => Some(since_ms + WELCOME_LIMIT_MS),
            State::Ready { .. } => Some(self.deadlines.next_timer()),
            State::Connecting | State::Stopped => None,
        }
    }

    /// Takes note of traffic at `now_ms`.
    pub(super) fn record(&mut self, traffic: Traffic, now_ms: u64) {
        if let Traffic::Goodbye(goodbye) = traffic {
            // A command starts its own server again; on the screen that is for the person to decide.
            self.was_shut_down = goodbye.reason == GoodbyeReason::Shutdown && self.policy.can_be_retried();
        }
        self.deadlines.record(traffic, now_ms);
    }

    /// Takes what happened at `now_ms`. `random` is fresh and even in 0 – 1.
    pub(super) fn step(&mut self, input: Input, now_ms: u64, random: f64) -> Option<Effect> {
        match input {
            Input::Opened => {
                self.deadlines = Deadlines::new(now_ms, random);
                self.state = State::Greeting { since_ms: now_ms };
                None
            }
            Input::Welcomed => {
                self.state = State::Ready { since_ms: now_ms };
                (self.was_welcomed, self.was_shut_down, self.is_only_try) = (true, false, false);
                None
            }
            Input::TimerFired => self.on_timer(now_ms, random),
            Input::Slept => self.on_slept(now_ms),
            Input::Retry => {
                self.was_shut_down = false;
                self.retry()
            }
            Input::SignIn => {
                self.was_shut_down = false;
                let effect = self.retry();
                self.is_only_try |= effect.is_some();
                effect
            }
        }
    }

    /// Takes the end of a connection at `now_ms`; the socket is gone, and [`Self::state`] says what follows.
    pub(super) fn end(&mut self, end: End, now_ms: u64, random: f64) {
        match end {
            End::Failed(failure) => self.on_failed(failure, now_ms, random),
            End::Closed(code) => self.on_closed(code, now_ms, random),
        }
    }

    fn on_failed(&mut self, failure: Failure, now_ms: u64, random: f64) {
        let is_first = !self.was_welcomed && self.policy.first_welcome_within_ms().is_some();
        match failure {
            Failure::Unreachable => self.lose(now_ms, None, random),
            Failure::NotNow { retry_after_ms } if !is_first => self.lose(now_ms, retry_after_ms, random),
            Failure::NotNow { .. } | Failure::Refused => self.state = State::Stopped,
        }
    }

    fn on_closed(&mut self, code: Option<u16>, now_ms: u64, random: f64) {
        let goodbye = self.deadlines.goodbye();
        let code = code.or(goodbye.map(|goodbye| goodbye.reason.close_code()));
        if code.is_none_or(may_reconnect) {
            self.lose(now_ms, goodbye.and_then(|goodbye| goodbye.reconnect_after_ms), random);
        } else {
            self.state = State::Stopped;
        }
    }

    /// The connection is lost, or did not come about. Waits before the next try: the longer, the more tries failed, and
    /// never shorter than the server asked. Stops if the policy allows no further try.
    fn lose(&mut self, now_ms: u64, after_ms: Option<u64>, random: f64) {
        if self.is_only_try {
            self.state = State::Stopped;
            return;
        }
        if let State::Ready { since_ms } = self.state {
            if !self.policy.reconnects() {
                self.state = State::Stopped;
                return;
            }
            if now_ms.saturating_sub(since_ms) >= STABLE_AFTER_MS {
                self.failures = 0;
            }
        }
        let (shortest, first) = FIRST_PAUSE_MS;
        let longest = self.policy.longest_pause_ms(self.was_welcomed) as f64;
        let longest = (first * 2f64.powi(self.failures.min(16).cast_signed())).min(longest);
        let pause_ms = (shortest + random * (longest - shortest)) as u64;
        self.failures = self.failures.saturating_add(1);
        let until_ms = now_ms + pause_ms.max(after_ms.unwrap_or(0));
        let limit_ms = self.policy.first_welcome_within_ms().filter(|_| !self.was_welcomed);
        let is_too_late = limit_ms.is_some_and(|limit_ms| until_ms > limit_ms);
        self.state = if is_too_late { State::Stopped } else { State::Waiting { until_ms } };
    }

    fn on_timer(&mut self, now_ms: u64, random: f64) -> Option<Effect> {
        if self.next_timer().is_none_or(|at| now_ms < at) {
            return None;
        }
        match self.state {
            State::Waiting { .. } => self.retry(),
            State::Greeting { .. } => Some(self.give_up(Overdue::Welcome, now_ms, random)),
            State::Ready { .. } => {
                if let Some(overdue) = self.deadlines.overdue(now_ms) {
                    return Some(self.give_up(overdue, now_ms, random));
                }
                self.deadlines.on_ping(now_ms);
                Some(Effect::Ping)
            }
            State::Connecting | State::Stopped => None,
        }
    }

    fn give_up(&mut self, overdue: Overdue, now_ms: u64, random: f64) -> Effect {
        self.lose(now_ms, None, random);
        Effect::GiveUp(overdue)
    }

    fn on_slept(&mut self, now_ms: u64) -> Option<Effect> {
        match self.state {
            State::Waiting { .. } => self.retry(),
            State::Ready { .. } => {
                self.deadlines.on_ping_after_sleep(now_ms);
                Some(Effect::Ping)
            }
            State::Connecting | State::Greeting { .. } | State::Stopped => None,
        }
    }

    fn retry(&mut self) -> Option<Effect> {
        match self.state {
            State::Waiting { .. } | State::Stopped => {
                let is_first = !std::mem::replace(&mut self.has_tried, true);
                let prepare = !self.was_shut_down && (!is_first || self.policy.prepares_first_try());
                self.is_only_try = false;
                self.state = State::Connecting;
                Some(Effect::Connect { prepare })
            }
            State::Connecting | State::Greeting { .. } | State::Ready { .. } => None,
        }
    }
}
