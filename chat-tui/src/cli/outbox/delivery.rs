//! Posts what waits in the outbox of a profile, one sender at a time, beside other work. Must not know how posts are stored.

use std::time::Duration;

use chat_proto::error::ErrorCode;
use chat_proto::request::{Life, Post};

use super::post::{OutboxPost, Refusal};
use crate::argument::RoomRef;
use crate::cli::context::Context;
use crate::cli::exit::{CliError, Code};
use crate::cli::json;
use crate::cli::output::{ColorChoice, Output, local_time_with_zone};
use crate::cli::session::CliSession;

/// Time between two looks of a client that stays.
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// The result of a delivery.
#[derive(Debug, Default)]
pub(in crate::cli) struct Delivered {
    /// The ids of the messages posted.
    pub posted: Vec<String>,
    /// The posts that were refused.
    pub refused: Vec<OutboxPost>,
    /// Why the rest waits on, if the server or the sign-in is the reason.
    pub stopped: Option<CliError>,
    /// Whether another process is sending.
    pub is_busy: bool,
    /// Whether posts are still waiting for their turn.
    pub is_under_way: bool,
}

impl Delivered {
    /// Says on standard error what was posted and what was refused.
    pub fn tell(&self, output: &Output) {
        if !self.posted.is_empty() {
            output.info(&format!("posted from the outbox: {}", self.posted.join(", ")));
        }
        for post in &self.refused {
            let reason = post.refusal.as_ref().map(|refusal| refusal.message.as_str()).unwrap_or_default();
            output.warning(&format!(
                "the outbox's {} for {} was refused: {reason} (`chat outbox` shows it, `chat outbox retry` tries it again)",
                post.id, post.room
            ));
        }
        if self.is_under_way {
            output.info(
                "more waits in the outbox than could be posted beside this command; `chat outbox retry` posts it",
            );
        }
    }
}

/// Removes the posts that have waited too long, and names each.
pub(in crate::cli) fn report_expired(context: &Context) {
    for post in context.outbox().take_expired(Context::now()) {
        let OutboxPost { id, room, report, .. } = &post;
        let command = report.command.lines().next().unwrap_or_default();
        context.output.warning(&format!(
            "the outbox's {id} for {room} could not be posted for 7 days and was dropped: {command}: {}",
            report.result_text()
        ));
    }
}

/// Posts what waits, and leaves in `done` how far it came. With `refused_too`, tries again what was refused.
pub(in crate::cli) async fn deliver(context: &Context, refused_too: bool, done: &mut Delivered) {
    let folder = context.outbox();
    if !folder.has_any(refused_too) {
        return;
    }
    let Some(_sending) = folder.lock_sending() else {
        done.is_busy = true;
        return;
    };
    let token = context.token_name();
    let is_due = |post: &OutboxPost| (refused_too || post.refusal.is_none()) && post.token == token;
    let mut posts = folder.posts(Context::now()).filter(is_due).peekable();
    if posts.peek().is_none() {
        return;
    }
    done.is_under_way = true;
    if let Err(error) = post_all(context, posts, done).await {
        done.stopped = Some(error);
    }
    done.is_under_way = false;
}

/// Posts one after the other, until the server or the sign-in stops it.
async fn post_all(
    context: &Context,
    posts: impl Iterator<Item = OutboxPost>,
    done: &mut Delivered,
) -> Result<(), CliError> {
    let folder = context.outbox();
    let mut session = context.connect().await?;
    for post in posts {
        match send(&mut session, &post).await {
            Ok(id) => {
                folder.remove(&post);
                done.posted.push(id);
            }
            Err(CliError::Failed { report, .. }) if is_final(report.code) => {
                let refusal = Refusal { code: json::code(report.code).to_owned(), message: report.message };
                match folder.refuse(&post, refusal) {
                    Ok(refused) => done.refused.push(refused),
                    Err(error) => tracing::debug!(%error, "a refusal cannot be kept; the post is tried again"),
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Posts what waits, again and again, without a word: for the screen.
pub(in crate::cli) async fn deliver_for_ever(context: &Context) {
    // A word on standard error would overwrite the screen.
    let context = Context { output: Output::new(false, true, ColorChoice::Never), ..context.clone() };
    loop {
        deliver(&context, false, &mut Delivered::default()).await;
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn send(session: &mut CliSession, post: &OutboxPost) -> Result<String, CliError> {
    let typed: RoomRef = post.room.parse().map_err(CliError::usage)?;
    let room = session.room(&typed).await?;
    let ran_at = local_time_with_zone(post.report.ran_at);
    let (body, code) = post.report.message(&session.welcome.limits, Some(&ran_at));
    let body = body.parse().map_err(|error| CliError::usage(format!("the message {error}")))?;
    let life = Some(Life::Persistent);
    let request = Post { room, key: post.key.clone(), body, life, code, reply_to: None, chain: None };
    match session.call(&request).await {
        Ok(posted) => Ok(format!("{}/{}", session.names().room(room), posted.seq)),
        // The answer to an earlier try was lost: the message is there, in the words of that try.
        Err(CliError::Failed { report, .. }) if report.code == Code::Protocol(ErrorCode::KeyReused) => {
            Ok(typed.to_string())
        }
        Err(error) => Err(error),
    }
}

/// Whether the answer to a post is final: the same post gets the same answer until somebody changes something.
fn is_final(code: Code) -> bool {
    match code {
        Code::Unreachable | Code::TimedOut => false,
        Code::Protocol(code) => !code.is_retryable() && !is_about_sign_in(code),
    }
}

fn is_about_sign_in(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::AuthRequired | ErrorCode::AuthFailed | ErrorCode::RegistrationClosed | ErrorCode::VersionUnsupported
    )
}
