//! The lines of `run` and of the outbox. Must not know how a command is run or posted.

use chat_proto::time::UnixMillis;
use serde::Serialize;

use super::moment::Moment;
use super::value::RoomFields;
use crate::cli::outbox::OutboxPost;
use crate::cli::run_report::{RunReport, RunResult};

/// The exit status of a command, or the signal that ended it.
fn end_of(report: &RunReport) -> (Option<i32>, Option<i32>) {
    match report.result {
        RunResult::ExitStatus(status) => (Some(status), None),
        RunResult::Signal(signal) => (None, Some(signal)),
        RunResult::NotStarted { exit_status, .. } => (Some(i32::from(exit_status)), None),
    }
}

/// A command that was run, and what became of its message.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct RunLine<'a> {
    room: RoomFields<'a>,
    command: &'a str,
    duration_ms: u64,
    /// The command's exit status; 126 or 127 if it could not be started; absent if a signal ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_status: Option<i32>,
    ran_at: Moment,
    /// The signal that ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    signal: Option<i32>,
    /// The message, if it was posted.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    /// `posted`, `waiting`, `refused`, `lost` or `not_wanted`.
    state: &'static str,
}

impl<'a> RunLine<'a> {
    /// The line of a command whose result goes to `room`.
    pub fn new(report: &'a RunReport, room: &str, state: &'static str, id: Option<&'a str>) -> Self {
        let (exit_status, signal) = end_of(report);
        let RunReport { command, duration_ms, ran_at, .. } = report;
        let (room, ran_at) = (RoomFields::typed(room), (*ran_at).into());
        Self { room, command, duration_ms: *duration_ms, exit_status, ran_at, signal, id, state }
    }
}

/// A post in the outbox.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct OutboxPostLine<'a> {
    /// Its name in the outbox.
    id: &'a str,
    profile: &'a str,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<RefusalFields<'a>>,
    room: RoomFields<'a>,
    command: &'a str,
    duration_ms: u64,
    /// The command's exit status; 126 or 127 if it could not be started; absent if a signal ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_status: Option<i32>,
    ran_at: Moment,
    /// The signal that ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    signal: Option<i32>,
    /// `waiting` or `refused`.
    state: &'static str,
    stored_at: Moment,
}

#[derive(Debug, Serialize)]
struct RefusalFields<'a> {
    code: &'a str,
    message: &'a str,
}

impl<'a> From<&'a OutboxPost> for OutboxPostLine<'a> {
    fn from(post: &'a OutboxPost) -> Self {
        let stored_at: UnixMillis = post.stored_at;
        let (exit_status, signal) = end_of(&post.report);
        let RunReport { command, duration_ms, ran_at, .. } = &post.report;
        Self {
            id: &post.id,
            profile: &post.profile,
            refusal: post
                .refusal
                .as_ref()
                .map(|refusal| RefusalFields { code: &refusal.code, message: &refusal.message }),
            room: RoomFields::typed(&post.room),
            command,
            duration_ms: *duration_ms,
            exit_status,
            ran_at: (*ran_at).into(),
            signal,
            state: if post.refusal.is_some() { "refused" } else { "waiting" },
            stored_at: stored_at.into(),
        }
    }
}
