//! When to connect, greet, ping and give up a connection: the rules of one link, free of sockets and clocks. Pure.

#![deny(clippy::disallowed_methods)]

use chat_proto::limits::{DEAD_AFTER_MS, HEARTBEAT_MS};

/// The first pause before connecting again, in milliseconds: between these two.
const FIRST_PAUSE_MS: (f64, f64) = (100.0, 500.0);
/// No pause is longer.
const LONGEST_PAUSE_MS: f64 = 30_000.0;
/// A server that took the connection answers `hello` within this time.
const WELCOME_LIMIT_MS: u64 = 20_000;
/// After the machine slept, a connection that still lives answers within this time.
const AFTER_SLEEP_LIMIT_MS: u64 = 5_000;
/// A connection that held this long begins its pauses anew.
const STABLE_AFTER_MS: u64 = 10_000;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// The socket is open; `hello` goes out.
    Opened,
    /// The socket could not be opened.
    Failed,
    /// The server let us in.
    Welcomed,
    /// The server did not let us in, and will not by itself.
    Denied,
    /// Something came from the server.
    Received,
    /// The connection ended.
    Closed {
        /// Whether to connect again without a person.
        may_reconnect: bool,
        /// What the server asked us to wait, in milliseconds.
        after_ms: Option<u64>,
    },
    /// The time asked for by [`Machine::wake_at`] has come.
    TimerFired,
    /// The machine slept: clocks ran on, the connection may be dead.
    Slept,
    /// A person wants it now.
    Retry,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// Open a socket.
    Connect,
    /// Send a ping.
    Ping,
    /// Drop the socket; a [`Input::Closed`] is not reported for it.
    Drop,
}

/// Where the link stands.
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
    /// In.
    Ready {
        /// Since when.
        since_ms: u64,
    },
    /// A person has to do something first.
    Stopped,
}

/// The rules of one link. Times are milliseconds of a clock that never goes back.
#[derive(Debug)]
pub(super) struct Machine {
    state: State,
    /// Tries that failed since the link last held.
    failures: u32,
    received_at_ms: u64,
    /// When the answer to a ping is overdue.
    overdue_at_ms: Option<u64>,
    /// The pause before a heartbeat, shortened by some jitter.
    heartbeat_ms: u64,
}

impl Machine {
    /// A link that connects at once.
    pub(super) fn new() -> Self {
        Self {
            state: State::Waiting { until_ms: 0 },
            failures: 0,
            received_at_ms: 0,
            overdue_at_ms: None,
            heartbeat_ms: HEARTBEAT_MS,
        }
    }

    /// Where the link stands.
    pub(super) fn state(&self) -> State {
        self.state
    }

    /// When [`Input::Woken`] is due; none where only the outside can move it.
    pub(super) fn next_timer(&self) -> Option<u64> {
        match self.state {
            State::Waiting { until_ms } => Some(until_ms),
            State::Greeting { since_ms } => Some(since_ms + WELCOME_LIMIT_MS),
            State::Ready { .. } => Some(self.overdue_at_ms.unwrap_or(self.received_at_ms + self.heartbeat_ms)),
            State::Connecting | State::Stopped => None,
        }
    }

    /// Takes what happened at `now_ms`. `random` is fresh and even in 0 – 1.
    pub(super) fn step(&mut self, input: Input, now_ms: u64, random: f64) -> Option<Command> {
        match input {
            Input::Opened => self.enter(State::Greeting { since_ms: now_ms }),
            Input::Failed => Some(self.pause(now_ms, None, random)),
            Input::Welcomed => {
                self.on_received(now_ms, random);
                self.enter(State::Ready { since_ms: now_ms })
            }
            Input::Denied | Input::Closed { may_reconnect: false, .. } => self.enter(State::Stopped),
            Input::Received => {
                self.on_received(now_ms, random);
                None
            }
            Input::Closed { may_reconnect: true, after_ms } => Some(self.pause(now_ms, after_ms, random)),
            Input::TimerFired => self.on_timer(now_ms, random),
            Input::Slept => self.on_slept(now_ms),
            Input::Retry => self.retry(),
        }
    }

    fn enter(&mut self, state: State) -> Option<Command> {
        self.state = state;
        matches!(state, State::Stopped).then_some(Command::Drop)
    }

    fn on_received(&mut self, now_ms: u64, random: f64) {
        self.received_at_ms = now_ms;
        self.overdue_at_ms = None;
        // Up to a fifth earlier, so that many clients do not beat together.
        self.heartbeat_ms = (HEARTBEAT_MS as f64 * (1.0 - random / 5.0)) as u64;
    }

    /// Waits before the next try: the longer, the more tries failed; never shorter than the server asked.
    fn pause(&mut self, now_ms: u64, after_ms: Option<u64>, random: f64) -> Command {
        if let State::Ready { since_ms } = self.state
            && now_ms.saturating_sub(since_ms) >= STABLE_AFTER_MS
        {
            self.failures = 0;
        }
        let (shortest, first) = FIRST_PAUSE_MS;
        let longest = (first * 2f64.powi(self.failures.min(16).cast_signed())).min(LONGEST_PAUSE_MS);
        let pause_ms = (shortest + random * (longest - shortest)) as u64;
        self.failures = self.failures.saturating_add(1);
        self.overdue_at_ms = None;
        self.state = State::Waiting { until_ms: now_ms + pause_ms.max(after_ms.unwrap_or(0)) };
        Command::Drop
    }

    fn on_timer(&mut self, now_ms: u64, random: f64) -> Option<Command> {
        if self.next_timer().is_none_or(|at| now_ms < at) {
            return None;
        }
        match (self.state, self.overdue_at_ms) {
            (State::Waiting { .. }, _) => self.retry(),
            (State::Greeting { .. }, _) | (State::Ready { .. }, Some(_)) => Some(self.pause(now_ms, None, random)),
            (State::Ready { .. }, None) => {
                self.overdue_at_ms = Some(self.received_at_ms + DEAD_AFTER_MS);
                Some(Command::Ping)
            }
            (State::Connecting | State::Stopped, _) => None,
        }
    }

    fn on_slept(&mut self, now_ms: u64) -> Option<Command> {
        match self.state {
            State::Waiting { .. } => self.retry(),
            State::Ready { .. } => {
                self.overdue_at_ms = Some(now_ms + AFTER_SLEEP_LIMIT_MS);
                Some(Command::Ping)
            }
            State::Connecting | State::Greeting { .. } | State::Stopped => None,
        }
    }

    fn retry(&mut self) -> Option<Command> {
        match self.state {
            State::Waiting { .. } | State::Stopped => {
                self.state = State::Connecting;
                Some(Command::Connect)
            }
            State::Connecting | State::Greeting { .. } | State::Ready { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AGAIN: Input = Input::Closed { may_reconnect: true, after_ms: None };

    fn ready_at(now_ms: u64) -> Machine {
        let mut machine = Machine::new();
        assert_eq!(machine.step(Input::TimerFired, now_ms, 0.0), Some(Command::Connect));
        machine.step(Input::Opened, now_ms, 0.0);
        machine.step(Input::Welcomed, now_ms, 0.0);
        machine
    }

    fn pause_of(machine: &Machine, now_ms: u64) -> u64 {
        match machine.state() {
            State::Waiting { until_ms } => until_ms - now_ms,
            state => panic!("waits in {state:?}"),
        }
    }

    #[test]
    fn pauses_grow_to_thirty_seconds_and_tries_never_end() {
        let mut machine = ready_at(0);
        machine.step(AGAIN, 20_000, 0.0);
        assert_eq!(pause_of(&machine, 20_000), 100);
        let mut now = 20_000;
        let mut longest = 0;
        for _ in 0..200 {
            now = machine.next_timer().expect("a next try");
            assert_eq!(machine.step(Input::TimerFired, now, 1.0), Some(Command::Connect));
            machine.step(Input::Failed, now, 1.0);
            longest = longest.max(pause_of(&machine, now));
        }
        assert_eq!(longest, 30_000);
        machine.step(Input::TimerFired, now + 30_000, 1.0);
        machine.step(Input::Opened, now, 1.0);
        machine.step(Input::Welcomed, now, 1.0);
        machine.step(AGAIN, now + 60_000, 1.0);
        assert_eq!(pause_of(&machine, now + 60_000), 500, "a link that held begins anew");
    }

    #[test]
    fn a_connection_without_a_sound_is_pinged_and_dies_within_a_minute() {
        let mut machine = ready_at(0);
        let ping_at = machine.next_timer().expect("a heartbeat");
        assert_eq!(machine.step(Input::TimerFired, ping_at, 0.5), Some(Command::Ping));
        let dead_at = machine.next_timer().expect("an end");
        assert!(dead_at <= 60_000);
        assert_eq!(machine.step(Input::TimerFired, dead_at, 0.5), Some(Command::Drop));
    }

    #[test]
    fn after_a_sleep_the_connection_is_tried_at_once() {
        let mut machine = ready_at(0);
        assert_eq!(machine.step(Input::Slept, 1_000, 0.5), Some(Command::Ping));
        assert_eq!(machine.next_timer(), Some(6_000));
        let mut waiting = ready_at(0);
        waiting.step(AGAIN, 0, 1.0);
        assert_eq!(waiting.step(Input::Slept, 1, 1.0), Some(Command::Connect));
    }

    #[test]
    fn a_revoked_sign_in_waits_for_a_person() {
        let mut machine = ready_at(0);
        machine.step(Input::Closed { may_reconnect: false, after_ms: None }, 1, 0.5);
        assert_eq!(machine.next_timer(), None);
        assert_eq!(machine.step(Input::Retry, 2, 0.5), Some(Command::Connect));
    }

    fn any_input() -> impl Strategy<Value = Input> {
        prop_oneof![
            Just(Input::Opened),
            Just(Input::Failed),
            Just(Input::Welcomed),
            Just(Input::Received),
            (any::<bool>(), proptest::option::of(0u64..10_000))
                .prop_map(|(may_reconnect, after_ms)| Input::Closed { may_reconnect, after_ms }),
            Just(Input::TimerFired),
            Just(Input::Slept),
            Just(Input::Retry),
        ]
    }

    proptest! {
        /// Whatever happens, in whatever order: unless a person is needed, a wake is always set or an answer of
        /// the system is awaited, and no pause is longer than asked.
        #[test]
        fn the_link_never_gives_up(inputs in proptest::collection::vec((any_input(), 0u64..5_000, 0.0f64..1.0), 1..60)) {
            let mut machine = Machine::new();
            let mut now = 0;
            for (input, step, random) in inputs {
                now += step;
                let command = machine.step(input, now, random);
                match machine.state() {
                    State::Connecting => prop_assert!(command == Some(Command::Connect) || machine.next_timer().is_none()),
                    State::Stopped => {},
                    State::Waiting { until_ms } => prop_assert!(until_ms <= now + 30_000),
                    State::Greeting { .. } | State::Ready { .. } => prop_assert!(machine.next_timer().is_some()),
                }
            }
        }
    }
}
