//! One operation on its way: what is sent, and who is answered. Must not know connections.

use redis::{Arg, Cmd, RedisError, RedisResult, Value};
use tokio::time::{Duration, Instant};

use super::error;
use crate::live::LiveError;

/// That something else stands under a key is said again this often at the most.
const WARN_AGAIN: Duration = Duration::from_mins(1);

/// Reads the answers to an operation's commands, or learns that there are none.
type OnAnswers = Box<dyn FnOnce(Result<Vec<Value>, LiveError>) + Send>;

/// Commands sent together, in order.
pub(super) struct Operation {
    /// Taken out when they are sent, unless they may have to be sent again.
    commands: Vec<Cmd>,
    count: usize,
    on_answers: OnAnswers,
    /// Whether it takes back what was refused: it is never given up, only put off until Redis is back.
    pub is_recovery: bool,
    /// Whether its answer may be large: it goes last, and says nothing of how quick Redis is.
    pub is_bulk: bool,
}

impl Operation {
    pub(super) fn new(
        commands: Vec<Cmd>,
        on_answers: impl FnOnce(Result<Vec<Value>, LiveError>) + Send + 'static,
    ) -> Self {
        Self { count: commands.len(), commands, on_answers: Box::new(on_answers), is_recovery: false, is_bulk: false }
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
    pub(super) fn defer(&mut self) -> Vec<Cmd> {
        if self.is_recovery { std::mem::take(&mut self.commands) } else { Vec::new() }
    }

    /// It was not done, or nobody knows.
    pub(super) fn fail(self, error: LiveError) {
        (self.on_answers)(Err(error));
    }

    /// The answers came, each with its command; whether one of them says that Redis cannot be used at all just now.
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

/// What is said, and not too often, of values that are not ours.
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
        tracing::warn!(%error, keys, "Redis holds something else under a key of ours; what needs it is refused. Delete it there");
    }
}

/// The keys of a command of ours: those a script is handed, or the first argument.
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

/// Whether a connection can be used any further; the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Health {
    Usable,
    /// For what frees memory.
    Full,
    Broken,
}
