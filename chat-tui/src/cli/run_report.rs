//! What became of a command, and the message that says it: the command line, the end of its output, its result. Pure: must not
//! know how the command is run or where the message goes.

#![deny(clippy::disallowed_methods)]

use chat_proto::limits::Limits;
use chat_proto::text::{CodeLanguage, MessageBody};
use chat_proto::time::UnixMillis;
use serde::{Deserialize, Serialize};

use super::stdin_text;
use crate::argument::duration_text;

/// The end of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RunResult {
    /// It ended with this status.
    ExitStatus(i32),
    /// This signal ended it.
    Signal(i32),
    /// It could not be started.
    NotStarted {
        /// The status with which a shell reports it: 126 or 127.
        exit_status: u8,
        /// Why.
        reason: String,
    },
}

impl RunResult {
    /// Whether the command did what it should.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::ExitStatus(0))
    }

    /// The status a shell would show.
    pub fn shell_status(&self) -> u8 {
        match self {
            Self::ExitStatus(status) => u8::try_from(status & 0xff).unwrap_or(1),
            Self::Signal(signal) => u8::try_from((128 + signal) & 0xff).unwrap_or(1),
            Self::NotStarted { exit_status, .. } => *exit_status,
        }
    }
}

/// A command that was run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RunReport {
    /// The command line, as one types it.
    pub command: String,
    /// Its end.
    pub result: RunResult,
    /// When it was started.
    pub ran_at: UnixMillis,
    /// How long it ran, in milliseconds.
    pub duration_ms: u64,
    /// The end of its output; empty if there was none, or none is wanted.
    output: String,
    /// The number of lines before it.
    lines_before: usize,
}

/// The longest part of a message that the command line takes up.
const COMMAND_PART: u64 = 4;
/// An output for which less than this is left is left out.
const OUTPUT_MIN_CHARS: u64 = 300;

impl RunReport {
    /// A report of `command`, which was started at `ran_at`. Keeps no more of the output than the longest message holds.
    pub fn new(command: &[String], result: RunResult, ran_at: UnixMillis, duration_ms: u64) -> Self {
        let command = cleaned(shell_words::join(command).as_bytes());
        Self { command, result, ran_at, duration_ms, output: String::new(), lines_before: 0 }
    }

    /// The same with the end of its output, before which there were `lines_before` lines.
    #[must_use]
    pub fn with_output(self, output: &[u8], lines_before: usize) -> Self {
        let output = cleaned(output);
        if output.trim().is_empty() {
            return self;
        }
        let (output, dropped) = stdin_text::last_lines(&output, &Limits::default());
        Self { output, lines_before: lines_before + dropped, ..self }
    }

    /// The message: the command line, the output, the result. One that is posted later also says when the command ran.
    pub fn message(&self, limits: &Limits, posted_later: Option<&str>) -> (String, Option<CodeLanguage>) {
        let command = format!("$ {}", self.command);
        let short = Limits { body_max_chars: limits.body_max_chars / COMMAND_PART, ..limits.clone() };
        let command = stdin_text::fit_head(&command, &short);
        let result = match posted_later {
            Some(ran_at) => format!("{}; ran {ran_at}", self.result_text()),
            None => self.result_text(),
        };
        let frame = format!("{command}\n{result}");
        let (chars, bytes) = (frame.chars().count() as u64 + 1, frame.len() as u64 + 1);
        let left = Limits {
            body_max_chars: limits.body_max_chars.saturating_sub(chars),
            body_max_bytes: limits.body_max_bytes.saturating_sub(bytes),
            ..limits.clone()
        };
        if self.output.is_empty() || left.body_max_chars.min(left.body_max_bytes) < OUTPUT_MIN_CHARS {
            return (frame, None);
        }
        let output = if self.lines_before == 0 && MessageBody::has_room(&self.output, &left) {
            self.output.clone()
        } else {
            stdin_text::fit_tail(&self.output, self.lines_before, &left)
        };
        let language = "text".parse().expect("invariant: a word is a language");
        (format!("{command}\n{output}\n{result}"), Some(language))
    }

    /// The result in words: `failed with exit status 3 in 0.6s`.
    pub fn result_text(&self) -> String {
        let time = duration(self.duration_ms);
        match &self.result {
            RunResult::ExitStatus(0) => format!("passed in {time}"),
            RunResult::ExitStatus(status) => format!("failed with exit status {status} in {time}"),
            RunResult::Signal(signal) => format!("was ended by signal {signal} after {time}"),
            RunResult::NotStarted { exit_status, reason } => {
                format!("did not start: {reason} (exit status {exit_status})")
            }
        }
    }
}

/// Programs print anything; a NUL must not keep the result from being posted.
fn cleaned(bytes: &[u8]) -> String {
    let bytes: Vec<u8> = bytes.iter().map(|byte| if *byte == 0 { b' ' } else { *byte }).collect();
    stdin_text::clean(&bytes).unwrap_or_default()
}

/// A length of time as people write it: `0.6s`, `1h30m`.
fn duration(ms: u64) -> String {
    if ms < 10_000 {
        return format!("{:.1}s", ms as f64 / 1_000.0);
    }
    duration_text(ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(output: &str) -> RunReport {
        let command = ["sh".to_owned(), "-c".to_owned(), "exit 3".to_owned()];
        let report = RunReport::new(&command, RunResult::ExitStatus(3), UnixMillis(0), 640);
        report.with_output(output.as_bytes(), 0)
    }

    #[test]
    fn output_and_result_are_one_message() {
        let (body, code) = report("one\u{1b}[31m two\0\n").message(&Limits::default(), None);
        assert_eq!(body, "$ sh -c 'exit 3'\none two \nfailed with exit status 3 in 0.6s");
        assert!(code.is_some(), "output is shown as written");
        let (body, code) = report("").message(&Limits::default(), Some("on Friday"));
        assert_eq!(body, "$ sh -c 'exit 3'\nfailed with exit status 3 in 0.6s; ran on Friday");
        assert_eq!(code, None);
    }

    #[test]
    fn a_long_output_keeps_its_end_and_a_long_command_its_beginning_whatever_the_server_takes() {
        let lines: String = (0..20_000).map(|n| format!("line {n}\n")).collect();
        let small = Limits { body_max_chars: 1_000, body_max_bytes: 1_200, ..Limits::default() };
        for limits in [Limits::default(), small] {
            let (body, _) = report(&lines).message(&limits, Some("on Friday"));
            assert!(MessageBody::has_room(&body, &limits), "{}", body.len());
            assert!(body.contains("line 19999\nfailed") && body.contains("left out"), "{body:.200}");
            let shown = body.lines().filter(|line| line.starts_with("line ")).count();
            assert!(body.contains(&format!("… {} lines before this left out", 20_000 - shown)), "{body:.200}");
            let long = RunReport { command: "é".repeat(90_000), ..report(&"🙂".repeat(30_000)) };
            let (body, _) = long.message(&limits, None);
            assert!(MessageBody::has_room(&body, &limits) && body.ends_with("in 0.6s"), "{}", body.len());
        }
    }

    #[test]
    fn a_status_is_that_of_a_shell() {
        let not_started = RunResult::NotStarted { exit_status: 127, reason: "not found".into() };
        for (result, status) in [(RunResult::ExitStatus(9), 9), (RunResult::Signal(15), 143), (not_started, 127)] {
            assert_eq!(result.shell_status(), status);
        }
    }
}
