//! One operation on its way: what is sent, and who is answered. Must not know connections.

use redis::{Cmd, RedisResult, Value};

use super::error;
use crate::live::LiveError;

/// Reads the answers to an operation's commands, or learns that there are none.
type Settle = Box<dyn FnOnce(Result<Vec<Value>, LiveError>) + Send>;

/// Commands sent together, in order.
pub(super) struct Operation {
    /// Taken out when they are sent, unless they may have to be sent again.
    commands: Vec<Cmd>,
    count: usize,
    settle: Settle,
    /// Whether it takes back what was refused: it is never given up, only put off until Redis is back.
    pub is_recovery: bool,
    /// Whether its answer may be large: it goes last, and says nothing of how quick Redis is.
    pub is_bulk: bool,
}

impl Operation {
    pub(super) fn new(commands: Vec<Cmd>, settle: impl FnOnce(Result<Vec<Value>, LiveError>) + Send + 'static) -> Self {
        Self { count: commands.len(), commands, settle: Box::new(settle), is_recovery: false, is_bulk: false }
    }

    /// The same, as one that takes something back.
    pub(super) fn recovering(self) -> Self {
        Self { is_recovery: true, ..self }
    }

    /// The same, as one whose answer may be large.
    pub(super) fn bulky(self) -> Self {
        Self { is_bulk: true, ..self }
    }

    /// What is to be sent.
    pub(super) fn sending(&mut self) -> Vec<Cmd> {
        if self.is_recovery { self.commands.clone() } else { std::mem::take(&mut self.commands) }
    }

    /// What is to be sent once more when Redis is back.
    pub(super) fn put_off(&mut self) -> Vec<Cmd> {
        if self.is_recovery { std::mem::take(&mut self.commands) } else { Vec::new() }
    }

    /// It was not done, or nobody knows.
    pub(super) fn fail(self, error: LiveError) {
        (self.settle)(Err(error));
    }

    /// The answers came; whether one of them says that Redis cannot be used at all just now.
    pub(super) fn settle(self, answers: impl Iterator<Item = RedisResult<Value>>) -> Fit {
        let mut values = Vec::with_capacity(self.count);
        let mut fit = Fit::Usable;
        let mut refused = None;
        for answer in answers.take(self.count) {
            match answer {
                Ok(value) => values.push(value),
                Err(error) => {
                    let (of_error, live) = error::of_command(&error);
                    if of_error == Fit::Broken {
                        let cause = if error::is_rights(&error) { ": its user lacks rights" } else { "" };
                        tracing::warn!(%error, "Redis refuses its work{cause}");
                    }
                    fit = fit.max(of_error);
                    refused.get_or_insert(live);
                }
            }
        }
        (self.settle)(refused.map_or(Ok(values), Err));
        fit
    }
}

/// Whether a connection can be used any further; the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    Usable,
    /// For what frees memory.
    Full,
    Broken,
}
