//! Whether someone is at the keyboard: tells the servers when they leave and come back. Must not know keys.

#![deny(clippy::disallowed_methods)]

use chat_proto::request::SetActivity;
use chat_proto::time::UnixMillis;

use super::outcomes::Outcomes;
use crate::app::state::outcome::Outcome;

/// Without a key for this long, the user is away, in milliseconds.
const AWAY_AFTER_MS: u64 = 10 * 60 * 1_000;

/// Whether someone is at the keyboard.
#[derive(Debug)]
pub struct Activity {
    /// Whether the terminal has the keyboard.
    pub has_focus: bool,
    /// When the last key was pressed.
    active_at: UnixMillis,
    /// Whether the servers know that nobody is at the keyboard.
    is_away: bool,
}

impl Default for Activity {
    fn default() -> Self {
        Self { has_focus: true, active_at: UnixMillis(0), is_away: false }
    }
}

impl Activity {
    /// The request that tells a server about it.
    pub fn to_request(&self) -> SetActivity {
        SetActivity { is_active: !self.is_away }
    }

    /// When the user will be away; `None` if they are.
    pub fn next_away(&self) -> Option<UnixMillis> {
        (!self.is_away).then(|| self.active_at.plus_ms(AWAY_AFTER_MS))
    }

    /// Notes that a key was pressed, or the mouse moved.
    pub fn mark_active(&mut self, now: UnixMillis, out: &mut Outcomes) {
        self.active_at = now;
        if self.is_away {
            self.set_away(false, out);
        }
    }

    /// Marks the user as away once nothing has happened for long enough.
    pub fn mark_away_if_due(&mut self, now: UnixMillis, out: &mut Outcomes) {
        if self.next_away().is_some_and(|at| at <= now) {
            self.set_away(true, out);
        }
    }

    fn set_away(&mut self, is_away: bool, out: &mut Outcomes) {
        self.is_away = is_away;
        out.push(Outcome::TellServers(self.to_request().into()));
    }
}
