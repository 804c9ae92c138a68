//! The lines of `run` and of the outbox. Must not know how a command is run or posted.

use chat_proto::time::UnixMillis;
use serde::Serialize;

use super::moment::Moment;
use super::value::RoomFields;
use crate::cli::outbox::OutboxPost;
use crate::cli::run_report::{RunReport, RunResult};

/// The fields of a command and its end.
#[derive(Debug, Serialize)]
struct RunFields<'a> {
    command: &'a str,
    duration_ms: u64,
    /// The command's exit status; 126 or 127 if it could not be started; absent if a signal ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_status: Option<i32>,
    ran_at: Moment,
    /// The signal that ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    signal: Option<i32>,
}

impl<'a> From<&'a RunReport> for RunFields<'a> {
    fn from(report: &'a RunReport) -> Self {
        let (exit_status, signal) = match report.result {
            RunResult::ExitStatus(status) => (Some(status), None),
            RunResult::Signal(signal) => (None, Some(signal)),
            RunResult::NotStarted { exit_status, .. } => (Some(i32::from(exit_status)), None),
        };
        let RunReport { command, duration_ms, ran_at, .. } = report;
        Self { command, duration_ms: *duration_ms, exit_status, ran_at: (*ran_at).into(), signal }
    }
}

/// A command that was run, and what became of its message.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct RunLine<'a> {
    room: RoomFields<'a>,
    #[serde(flatten)]
    run: RunFields<'a>,
    /// The message, if it was posted.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    /// `posted`, `waiting`, `refused`, `lost` or `not_wanted`.
    state: &'static str,
}

impl<'a> RunLine<'a> {
    /// The line of a command whose result goes to `room`.
    pub fn new(report: &'a RunReport, room: &str, state: &'static str, id: Option<&'a str>) -> Self {
        Self { room: RoomFields::typed(room), run: report.into(), id, state }
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
    #[serde(flatten)]
    run: RunFields<'a>,
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
        Self {
            id: &post.id,
            profile: &post.profile,
            refusal: post
                .refusal
                .as_ref()
                .map(|refusal| RefusalFields { code: &refusal.code, message: &refusal.message }),
            room: RoomFields::typed(&post.room),
            run: (&post.report).into(),
            state: if post.refusal.is_some() { "refused" } else { "waiting" },
            stored_at: stored_at.into(),
        }
    }
}
