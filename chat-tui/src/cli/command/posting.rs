//! Posts as commands make and acknowledge them. Must not know where their text comes from.

use std::time::Duration;

use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::ids::ClientKey;
use chat_proto::message::{Content, Item, Message};
use chat_proto::request::{Post, Posted};
use tokio::time::Instant;

use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::json::{ItemNames, Line};
use crate::cli::session::CliSession;
use crate::cli::voice::clause;
use crate::link_event::CallError;

/// A post that is refused for a while is given up after this time.
pub(super) const REFUSED_MAX: Duration = Duration::from_mins(2);
/// A pause this long is reported.
pub(super) const PAUSE_REPORTED: Duration = Duration::from_secs(2);
/// The pause after a refusal that names none, and the shortest pause after any refusal.
const PAUSE: Duration = Duration::from_millis(250);
const PAUSE_MIN: Duration = Duration::from_millis(50);

/// Returns the pause before a refused post is tried again.
pub(super) fn pause_after(refusal: &ErrorBody) -> Duration {
    refusal.retry_after_ms.map_or(PAUSE, Duration::from_millis).max(PAUSE_MIN)
}

/// Prints a message that was acknowledged: its id, or with `--json` the message.
pub(super) fn print_posted(
    context: &Context,
    session: &mut CliSession,
    post: &Post,
    posted: &Posted,
) -> Result<(), CliError> {
    let room = session.names().room(post.room);
    let id = format!("{room}/{}", posted.seq);
    // A script that posts again after a failure must know that there is nothing to post.
    let unprinted =
        |error: CliError| error.with_message(|cause| format!("{id} was posted, but cannot be printed: {cause}"));
    if !context.output.is_json() {
        return context.output.text(&id).map_err(unprinted);
    }
    let from = session.welcome.user.clone();
    let message = Message {
        code: post.code.clone(),
        key: Some(post.key.clone()),
        expires_at: posted.expires_at,
        reply_to: post.reply_to,
        ..Message::plain(post.body.clone())
    };
    let item =
        Item { seq: posted.seq, changed: posted.seq, at: posted.at, by: from.id, content: Content::Message(message) };
    let names = ItemNames { room_id: post.room, room: &room, from: from.name.as_str() };
    context.output.data_if_json(&Line::posted(&item, names, posted.duplicate)).map_err(unprinted)
}

/// Posts; waits out a rate limit, unless it lasts longer than [`REFUSED_MAX`]. The key stays the same, so it posts once.
pub(super) async fn post_patiently(context: &Context, session: &CliSession, post: &Post) -> Result<Posted, CliError> {
    let started = Instant::now();
    loop {
        let pause = match session.client.call(post).await {
            Ok(posted) => return Ok(posted),
            Err(CallError::Refused(refusal)) if is_limit(&refusal) => {
                let pause = pause_after(&refusal);
                if started.elapsed() + pause > REFUSED_MAX {
                    return Err(refusal.into());
                }
                if pause >= PAUSE_REPORTED {
                    context.output.info(&format!("waiting {:.0?}: {}", pause, clause(&refusal.message)));
                }
                pause
            }
            Err(error) => return Err(error.into()),
        };
        tokio::time::sleep(pause).await;
    }
}

/// Whether a later try of the same post is taken.
fn is_limit(refusal: &ErrorBody) -> bool {
    matches!(refusal.code, ErrorCode::RateLimited | ErrorCode::Repeated) && refusal.retryable
}

/// Returns a new key: 128 random bits.
pub(super) fn random_key() -> Result<ClientKey, CliError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| CliError::failed(format!("no random numbers: {error}")))?;
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(text.parse().expect("invariant: hexadecimal digits are a key"))
}
