//! Posts: what is checked before the room sees one.

use std::time::Duration;

use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::ids::UserId;
use chat_proto::message::Content;
use chat_proto::request::{Life, Post};
use tokio::time::timeout;

use crate::access::RoomAction;
use crate::session::app::App;
use crate::session::connection::Identity;
use crate::session::error::Refusal;
use crate::session::mentions;

/// The live store is asked for a key at the most for so long: the connection's other requests wait behind it.
const KEY_LIMIT: Duration = Duration::from_millis(150);

/// What is known of a post that may be made.
#[derive(Debug)]
pub(in crate::session) struct Checked {
    /// The accounts its text names.
    pub mentions: Vec<UserId>,
    /// Its text's hash, where repeats are counted.
    pub text_hash: Option<u64>,
}

/// Whether the account may post this now.
pub(in crate::session) async fn check(app: &App, who: &Identity, post: &Post) -> Result<Checked, Refusal> {
    let text_hash = match app.limiter.judge(who.user, who.is_local, post.body.as_str(), app.now()) {
        Ok(text_hash) => text_hash,
        // A retry is no second post: it is answered as the first one was, whatever the rates.
        Err(_) if is_retry(app, who, post).await? => None,
        Err(error) => return Err(error.into()),
    };
    match check_text(app, who, post).await {
        Ok(mentions) => Ok(Checked { mentions, text_hash }),
        Err(refusal) => {
            if let Some(text_hash) = text_hash {
                app.limiter.forget_post(who.user, text_hash);
            }
            Err(refusal)
        }
    }
}

/// Whether the sender used the key before: for a persistent post the database knows, and nothing else is asked.
async fn is_retry(app: &App, who: &Identity, post: &Post) -> Result<bool, Refusal> {
    if app.store.is_key_used(who.user, post.key.clone()).await? {
        return Ok(true);
    }
    if !is_ephemeral(app, post).await? {
        return Ok(false);
    }
    // Where what expires is away, nothing is known of its keys.
    let asking = app.live.key_use(who.user, post.key.clone(), app.now());
    Ok(matches!(timeout(KEY_LIMIT, asking).await, Ok(Ok(Some(_)))))
}

/// Whether the post expires, by itself or by its room's default. Where there is no such room it is refused as it is.
async fn is_ephemeral(app: &App, post: &Post) -> Result<bool, Refusal> {
    match post.life {
        Some(Life::TtlMs(_)) => Ok(true),
        Some(Life::Persistent) => Ok(false),
        None => Ok(app.store.room(post.room).await?.is_some_and(|stored| stored.room.default_ttl_ms.is_some())),
    }
}

async fn check_text(app: &App, who: &Identity, post: &Post) -> Result<Vec<UserId>, Refusal> {
    if let Some(seq) = post.reply_to {
        let found = app.rooms.find(&who.caller, post.room, RoomAction::Reply, seq).await?;
        if !found.is_some_and(|item| matches!(item.content, Content::Message(_))) {
            let message = "The message that is answered is not there.";
            return Err(ErrorBody::new(ErrorCode::NotFound, message).at_field("reply_to").into());
        }
    }
    mentioned(app, post.body.as_str()).await
}

/// The accounts a text names.
pub(in crate::session) async fn mentioned(app: &App, text: &str) -> Result<Vec<UserId>, Refusal> {
    let names = mentions::names(text);
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let users = app.store.users_by_name(names.clone()).await?;
    let in_order = names.iter().filter_map(|name| users.iter().find(|user| user.name == *name));
    Ok(in_order.map(|user| user.id).collect())
}
