//! One operation under way: its commands, and the function that takes their answers. Must not know connections.

use redis::{Arg, Cmd, RedisError, RedisResult, Value};
use tokio::time::{Duration, Instant};

use super::error::{self, Health};
use crate::live::LiveError;

/// The warning about a key of another program is repeated at most this often.
const WARN_AGAIN: Duration = Duration::from_mins(1);

/// Takes the answers to an operation's commands, or the reason why there are none.
type OnAnswers = Box<dyn FnOnce(Result<Vec<Value>, LiveError>) + Send>;

/// Commands sent together, in order.
pub(super) struct Operation {
    /// Empty once they are sent, unless they may have to be sent again.
    commands: Vec<Cmd>,
    count: usize,
    on_answers: OnAnswers,
    /// Whether it undoes something that was refused: then it is never given up, only deferred until Redis is back.
    pub is_recovery: bool,
    /// Whether its answer may be large: then it is sent last, and its time says nothing about Redis' speed.
    pub is_bulk: bool,
}

impl Operation {
    pub(super) fn new(
        commands: Vec<Cmd>,
        on_answers: impl FnOnce(Result<Vec<Value>, LiveError>) + Send + 'static,
    ) -> Self {
        Self { count: commands.len(), commands, on_answers: Box::new(on_answers), is_recovery: false, is_bulk: false }
    }

    /// The same operation as one that undoes something.
    pub(super) fn recovering(self) -> Self {
        Self { is_recovery: true, ..self }
    }

    /// The same operation as one whose answer may be large.
    pub(super) fn bulky(self) -> Self {
        Self { is_bulk: true, ..self }
    }

    /// The commands to send now.
    pub(super) fn sending(&mut self) -> Vec<Cmd> {
        if self.is_recovery { self.commands.clone() } else { std::mem::take(&mut self.commands) }
    }

    /// The commands to send again when Redis is back.
    pub(super) fn defer(&mut self) -> Vec<Cmd> {
        if self.is_recovery { std::mem::take(&mut self.commands) } else { Vec::new() }
    }

    /// Answers that it was not done, or that this is not known.
    pub(super) fn fail(self, error: LiveError) {
        (self.on_answers)(Err(error));
    }

    /// Passes on the answers, each with its command. Returns what they say about the connection.
    pub(super) fn complete<'a>(
        self,
        answers: impl Iterator<Item = (RedisResult<Value>, &'a Cmd)>,
        key_conflict_warning: &mut ThrottledWarning,
    ) -> Health {
        let mut values = Vec::with_capacity(self.count);
        let mut health = Health::Usable;
        let mut refused = None;
        for (answer, command) in answers.take(self.count) {
            match answer {
                Ok(value) => values.push(value),
                Err(error) => {
                    let (of_error, live) = error::of_command(&error);
                    if of_error == Health::Broken {
                        let cause = if error::is_rights(&error) { ": its user lacks rights" } else { "" };
                        tracing::warn!(%error, "Redis refuses its work{cause}");
                    } else if live == LiveError::KeyConflict {
                        key_conflict_warning.warn(&error, command);
                    }
                    health = health.max(of_error);
                    refused.get_or_insert(live);
                }
            }
        }
        (self.on_answers)(refused.map_or(Ok(values), Err));
        health
    }
}

/// The warning about keys that hold another program's value, at most once in [`WARN_AGAIN`].
#[derive(Debug, Default)]
pub(super) struct ThrottledWarning {
    made_at: Option<Instant>,
}

impl ThrottledWarning {
    fn warn(&mut self, error: &RedisError, command: &Cmd) {
        if self.made_at.is_some_and(|at| at.elapsed() < WARN_AGAIN) {
            return;
        }
        self.made_at = Some(Instant::now());
        let keys = keys(command).join(" ");
        tracing::warn!(%error, keys, "Redis holds another program's value under one of our keys; operations that need it are refused. Delete it there");
    }
}

/// The keys of a command: those a script is given, or the first argument.
fn keys(command: &Cmd) -> Vec<String> {
    let words: Vec<String> = command
        .args_iter()
        .filter_map(|argument| match argument {
            Arg::Simple(word) => Some(String::from_utf8_lossy(word).into_owned()),
            _ => None,
        })
        .collect();
    let (from, count) = match words.as_slice() {
        [name, _, count, ..] if name == "EVALSHA" => (3, count.parse().unwrap_or(0)),
        _ => (1, 1),
    };
    words.into_iter().skip(from).take(count).collect()
}
