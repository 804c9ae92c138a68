//! The work that a part leaves to others, in the order in which it is to be done. Must not know who does it.

#![deny(clippy::disallowed_methods)]

use chat_proto::request::Request;

use crate::app::state::effect::{Effect, PersistOp};
use crate::app::state::outcome::Outcome;
use crate::app::state::purpose::Purpose;
use crate::app::state::room_key::ServerKey;

/// A list of outcomes that parts add to.
#[derive(Debug, Default)]
pub struct Outcomes(Vec<Outcome>);

impl Outcomes {
    /// Adds an outcome.
    pub fn push(&mut self, outcome: Outcome) {
        self.0.push(outcome);
    }

    /// Adds the outcomes of another list behind its own.
    pub fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Sends a request; its answer is handled by `purpose`.
    pub fn ask(&mut self, server: ServerKey, request: impl Into<Request>, purpose: Purpose) {
        self.push(Outcome::Ask(server, request.into(), purpose));
    }

    /// Asks for work outside the screen.
    pub fn effect(&mut self, effect: Effect) {
        self.push(Outcome::Do(effect));
    }

    /// Writes to disk.
    pub fn persist(&mut self, server: ServerKey, op: PersistOp) {
        self.effect(Effect::Persist(server, op));
    }

    /// Shows a notice.
    pub fn show_info(&mut self, text: &str) {
        self.push(Outcome::Show { text: text.to_owned(), is_error: false });
    }

    /// Shows an error, with what to do about it.
    pub fn show_error(&mut self, text: &str) {
        self.push(Outcome::Show { text: text.to_owned(), is_error: true });
    }
}

impl IntoIterator for Outcomes {
    type Item = Outcome;
    type IntoIter = std::vec::IntoIter<Outcome>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
