//! Posts: what is checked before the room gets one, and what follows once the room has answered. Must not know how many are
//! in flight, or in which order they are answered.

use std::sync::Arc;
use std::time::Duration;

use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::ids::UserId;
use chat_proto::message::Content;
use chat_proto::request::{Life, Post, Posted};
use tokio::time::timeout;

use crate::access::{Caller, RoomAction};
use crate::connection::bounds::check_body;
use crate::connection::error::Refusal;
use crate::connection::mentions::mentioned;
use crate::server::Server;
use crate::store::ChainPlace;

/// The live store is asked for a key at most this long: the connection's other requests wait behind it.
const KEY_LIMIT: Duration = Duration::from_millis(150);

/// A post that may be made.
#[derive(Debug)]
struct Checked {
    /// The accounts its text mentions.
    mentions: Vec<UserId>,
    /// Its text's hash, if repeats are counted.
    text_hash: Option<u64>,
}

/// Checks a post and hands it to its room, with its place if it belongs to a chain. Returns the answer to wait for.
pub(in crate::connection) async fn begin(
    server: &Arc<Server>,
    caller: &Caller,
    post: Post,
    place: Option<ChainPlace>,
) -> Result<impl Future<Output = Result<Posted, Refusal>> + Send + use<>, Refusal> {
    check_body(&post.body, &server.config.limits)?;
    let Checked { mentions, text_hash } = check(server, caller, &post).await?;
    let room = post.room;
    let answer = server.rooms.begin_post(caller, post, mentions, place).await;
    let (server, caller) = (Arc::clone(server), caller.clone());
    Ok(async move {
        let result = answer.await;
        match (&result, caller.connection(), text_hash) {
            (Ok(posted), Some(connection), _) if !posted.duplicate => {
                server.typing.posted(room, connection, server.now());
            }
            // A refused text was never said.
            (Err(_), _, Some(text_hash)) => server.limiter.forget_post(caller.user(), text_hash),
            (Ok(_) | Err(_), ..) => {}
        }
        Ok(result?)
    })
}

/// Whether the account may post this now.
async fn check(server: &Server, caller: &Caller, post: &Post) -> Result<Checked, Refusal> {
    let text_hash = match server.limiter.judge_post(caller, post.body.as_str(), server.now()) {
        Ok(text_hash) => text_hash,
        // A retry is no second post: it gets the first one's answer, whatever the rates.
        Err(_) if is_retry(server, caller, post).await? => None,
        Err(error) => return Err(error.into()),
    };
    match check_text(server, caller, post).await {
        Ok(mentions) => Ok(Checked { mentions, text_hash }),
        Err(refusal) => {
            if let Some(text_hash) = text_hash {
                server.limiter.forget_post(caller.user(), text_hash);
            }
            Err(refusal)
        }
    }
}

/// Whether the sender has used the key before. For a persistent post, only the database is asked.
async fn is_retry(server: &Server, caller: &Caller, post: &Post) -> Result<bool, Refusal> {
    if server.store.is_key_used(caller.user(), post.key.clone()).await? {
        return Ok(true);
    }
    if !is_ephemeral(server, post).await? {
        return Ok(false);
    }
    // While the live store is unavailable, its keys are unknown.
    let asking = server.live.key_use(caller.user(), post.key.clone(), server.now());
    Ok(matches!(timeout(KEY_LIMIT, asking).await, Ok(Ok(Some(_)))))
}

/// Whether the post expires, by itself or by its room's default. If there is no such room, the room's answer says so.
async fn is_ephemeral(server: &Server, post: &Post) -> Result<bool, Refusal> {
    match post.life {
        Some(Life::TtlMs(_)) => Ok(true),
        Some(Life::Persistent) => Ok(false),
        None => Ok(server.store.room(post.room).await?.is_some_and(|stored| stored.room.default_ttl_ms.is_some())),
    }
}

async fn check_text(server: &Server, caller: &Caller, post: &Post) -> Result<Vec<UserId>, Refusal> {
    if let Some(seq) = post.reply_to {
        let found = server.rooms.find(caller, post.room, RoomAction::Reply, seq).await?;
        if !found.is_some_and(|item| matches!(item.content, Content::Message(_))) {
            let message = "The message you reply to does not exist.";
            return Err(ErrorBody::new(ErrorCode::NotFound, message).at_field("reply_to").into());
        }
    }
    mentioned(server, post.body.as_str()).await
}
