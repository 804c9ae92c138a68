//! What becomes of the result of a command: posted, kept in the outbox, or lost with a reason. Must not know how the command
//! was run.

use std::time::Duration;

use chat_proto::ids::ClientKey;
use chat_proto::request::{Life, Post};
use tokio::time::{Instant, sleep, timeout_at};

use super::posting::random_key;
use crate::argument::RoomRef;
use crate::cli::context::Context;
use crate::cli::exit::{CliError, Code, ErrorReport, Exit};
use crate::cli::json;
use crate::cli::outbox::{OutboxPost, Refusal, RoomLife, remember_rooms, room_life};
use crate::cli::run_report::RunReport;
use crate::cli::signals::Signals;

/// After the command, its result is tried to be posted for this long.
const POST_LIMIT: Duration = Duration::from_secs(5);
/// Pause between two tries, unless the server names another.
const RETRY_AFTER: Duration = Duration::from_millis(250);

/// What became of a result.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It is a message with this id.
    Posted(String),
    /// It waits in the outbox, for this reason.
    Waiting(ErrorReport),
    /// The server does not take it; it is in the outbox.
    Refused(ErrorReport),
    /// It is nowhere, for this reason.
    Lost(ErrorReport),
    /// It was not to be posted.
    NotWanted,
}

/// A result on its way.
pub(super) struct Publishing<'a> {
    pub(super) room: &'a RoomRef,
    pub(super) life: Option<Life>,
    pub(super) report: &'a RunReport,
    pub(super) context: &'a Context,
}

/// Why a post did not succeed.
struct Failure {
    report: ErrorReport,
    /// Whether the server itself refused the post, for good.
    is_refusal: bool,
}

impl Publishing<'_> {
    /// Posts the result; keeps it for later if that does not succeed in time. With a `fault` in the settings, it is not tried.
    pub(super) async fn publish(&self, fault: Option<CliError>) -> Outcome {
        let key = match random_key() {
            Ok(key) => key,
            Err(error) => return Outcome::Lost(failure(error, false).report),
        };
        let failed = match fault {
            Some(fault) if !self.context.is_server_named() => {
                return Outcome::Lost(with_note(
                    failure(fault, false).report,
                    "the result is lost: no server could be determined: client.toml has errors",
                ));
            }
            Some(fault) => failure(fault, false),
            None => match self.post_in_time(&key).await {
                Ok(id) => return Outcome::Posted(id),
                Err(failed) => failed,
            },
        };
        match self.reason_not_to_keep() {
            Some(reason) => Outcome::Lost(with_note(failed.report, &format!("the result is lost: {reason}"))),
            None => self.keep(key, failed),
        }
    }

    /// Tries until the time is up, or a signal asks to end now.
    async fn post_in_time(&self, key: &ClientKey) -> Result<String, Failure> {
        let limit = Instant::now() + POST_LIMIT;
        let message = format!("the server did not answer within {} s", POST_LIMIT.as_secs());
        let mut last = failure(CliError::unreachable(message), false);
        let signal = async {
            match Signals::listen() {
                Ok(mut signals) => drop(signals.next().await),
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            posted = timeout_at(limit, self.post_repeatedly(key, &mut last)) => {
                if let Ok(posted) = posted {
                    return posted;
                }
            }
            () = signal => last.report.message = String::from("interrupted while waiting for the server"),
        }
        Err(last)
    }

    /// Tries until the answer is final; leaves the reason of the last try in `last`.
    async fn post_repeatedly(&self, key: &ClientKey, last: &mut Failure) -> Result<String, Failure> {
        loop {
            match self.post(key).await {
                Err(failed) if failed.report.retryable => *last = failed,
                answered => return answered,
            }
            sleep(last.report.retry_after_ms.map_or(RETRY_AFTER, Duration::from_millis)).await;
        }
    }

    async fn post(&self, key: &ClientKey) -> Result<String, Failure> {
        let mut session = self.context.connect().await.map_err(|error| failure(error, false))?;
        let refused = |error| failure(error, true);
        let room = session.room(self.room).await.map_err(refused)?;
        if !session.member_rooms().any(|member| member.room.id == room) {
            // The post will be refused; whether it may be kept depends on the room.
            let seen = session.room_to_see(self.room).await.map_err(refused)?;
            remember_rooms(&self.context.outbox(), seen.iter());
        }
        let (body, code) = self.report.message(&session.welcome.limits, None);
        let body = body.parse().map_err(|error| refused(CliError::usage(format!("the output {error}"))))?;
        let (key, life) = (key.clone(), self.life);
        let post = Post { room, key, body, life, code, reply_to: None, chain: None };
        let posted = session.call(&post).await.map_err(refused)?;
        Ok(format!("{}/{}", session.names().room(room), posted.seq))
    }

    /// Nothing that expires, or may, is written to disk.
    fn reason_not_to_keep(&self) -> Option<String> {
        let room = self.room;
        match self.life {
            Some(Life::Persistent) => None,
            Some(Life::TtlMs(_)) => Some("a message that expires is not written to disk".to_owned()),
            None => match room_life(&self.context.outbox(), room) {
                Some(RoomLife::Persistent) => None,
                Some(RoomLife::Ephemeral) => {
                    Some(format!("messages in {room} expire, so it was not saved; --persistent saves it"))
                }
                None => Some(format!("unknown whether messages in {room} expire, so not saved; --persistent saves it")),
            },
        }
    }

    fn keep(&self, key: ClientKey, failed: Failure) -> Outcome {
        let context = self.context;
        let refusal = failed.is_refusal && !failed.report.retryable;
        let post = OutboxPost {
            id: key.as_str().chars().take(8).collect(),
            room: self.room.to_string(),
            key,
            profile: context.profile_name(),
            token: context.token_name(),
            stored_at: Context::now(),
            refusal: refusal.then(|| Refusal {
                code: json::code(failed.report.code).to_owned(),
                message: failed.report.message.clone(),
            }),
            report: self.report.clone(),
        };
        match context.outbox().store(&post) {
            Ok(()) if refusal => {
                let note = format!(
                    "the result is in the outbox as {}; `chat outbox retry` posts it once that is fixed",
                    post.id
                );
                Outcome::Refused(with_note(failed.report, &note))
            }
            Ok(()) => {
                let note = format!("the result waits in the outbox as {}; the next `chat` command posts it", post.id);
                Outcome::Waiting(with_note(failed.report, &note))
            }
            Err(error) => Outcome::Lost(with_note(failed.report, &format!("the result is lost: {error}"))),
        }
    }
}

fn with_note(report: ErrorReport, note: &str) -> ErrorReport {
    let message = format!("{}\n{note}", report.message);
    ErrorReport { message, ..report }
}

fn failure(error: CliError, is_refusal: bool) -> Failure {
    let report = match error {
        CliError::Failed { exit, report } => {
            let is_refusal = is_refusal && exit != Exit::NotSignedIn;
            return Failure { report, is_refusal };
        }
        other => ErrorReport::new(Code::Unreachable, other.to_string()),
    };
    Failure { report, is_refusal: false }
}
