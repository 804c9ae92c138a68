//! One's own messages on their way: shown at once, on disk before they are sent, complete once acknowledged.
//! Must not know how they were written, or which of them may go first.

#![deny(clippy::disallowed_methods)]

use chat_proto::error::ErrorCode;
use chat_proto::ids::ClientKey;
use chat_proto::message::{Content, Item, Message};
use chat_proto::request::{Life, Post, Posted};

use super::room_queues;
use crate::app::model::Model;
use crate::app::parts::rooms::pending_post::{PendingPost, PostState};
use crate::app::parts::rooms::room::Scroll;
use crate::app::parts::server::Server;
use crate::app::state::draft::Draft;
use crate::app::state::effect::{Effect, PersistOp, StoredPost};
use crate::app::state::purpose::Purpose;
use crate::app::state::room_key::{RoomKey, ServerKey};
use crate::link_event::CallError;

/// The first pause before a deferred post is tried again, in milliseconds; doubled up to the longest.
const FIRST_PAUSE_MS: u64 = 1_000;
const LONGEST_PAUSE_MS: u64 = 30_000;
/// The longest pause while the server takes no ephemeral messages: it does not always announce the recovery.
const LONGEST_EPHEMERAL_PAUSE_MS: u64 = 5_000;

/// Queues a message: on disk first if it is persistent.
pub fn send(model: &mut Model, room_key: RoomKey, draft: Draft) {
    let mut pending = PendingPost::new(model.new_client_key(), draft, model.now);
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    room.scroll = Scroll::End;
    room.reading.show_newest();
    room.reading.new_after = None;
    if pending.is_persistent(room.is_ephemeral()) {
        pending.state = PostState::Storing;
        pending.is_stored = true;
        let post = StoredPost {
            room_key,
            key: pending.key.clone(),
            body: pending.body.clone(),
            code: pending.code.clone(),
            is_forced_persistent: pending.life == Some(Life::Persistent),
        };
        model.effects.push(Effect::Persist(room_key.server, PersistOp::StorePost(post)));
    }
    room.writing.pending.push(pending);
}

/// A post is on disk: it may be sent.
pub fn on_stored(model: &mut Model, key: &ClientKey) {
    if let Some(pending) = find(model, key).filter(|pending| pending.state == PostState::Storing) {
        pending.state = PostState::Ready;
    }
}

/// A post could not be put on disk: it is sent all the same, and the user is warned.
pub fn on_store_failed(model: &mut Model, key: &ClientKey, reason: &str) {
    on_stored(model, key);
    model.show_error(&format!("Sent, but not saved for a restart: {reason}"));
}

/// Sends the posts whose turn it is, in every room that has any.
pub fn send_due(model: &mut Model) {
    let room_keys: Vec<_> = model
        .rooms
        .iter()
        .filter(|(_, room)| !room.writing.pending.is_empty())
        .map(|(room_key, _)| *room_key)
        .collect();
    for room_key in room_keys {
        let now = model.now;
        if !model.is_ready(room_key.server) {
            continue;
        }
        let Some(room) = model.rooms.get_mut(&room_key) else { continue };
        let mut posts = Vec::new();
        for index in room_queues::due(room, now) {
            let next = &mut room.writing.pending[index];
            next.state = PostState::Sent;
            posts.push(Post {
                room: room_key.room,
                key: next.key.clone(),
                body: next.body.clone(),
                life: next.life,
                code: next.code.clone(),
                reply_to: None,
                chain: None,
            });
        }
        for post in posts {
            let purpose = Purpose::Post(room_key, post.key.clone());
            model.ask(room_key.server, post, purpose);
        }
    }
}

/// The server announced what works: if it takes ephemeral messages again, those that wait for that are retried.
pub fn on_service(model: &mut Model, key: ServerKey) {
    if !model.servers.get(&key).is_some_and(|server| server.service.is_live_available) {
        return;
    }
    let rooms = model.rooms.iter_mut().filter(|(room_key, _)| room_key.server == key).map(|(_, room)| room);
    for pending in rooms.flat_map(|room| &mut room.writing.pending) {
        if !matches!(pending.deferral(), Some((ErrorCode::LiveUnavailable, _))) {
            continue;
        }
        match pending.state {
            PostState::Deferred { .. } => pending.retry_now(),
            // The answer in flight may predate the recovery: then the next retry comes soon.
            PostState::Storing | PostState::Ready | PostState::Sent | PostState::Failed { .. } => {
                pending.forget_attempts();
            }
        }
    }
}

/// Retries everything in a room that failed or was deferred.
pub fn retry(model: &mut Model, room_key: RoomKey) {
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    for pending in &mut room.writing.pending {
        if matches!(pending.state, PostState::Failed { .. } | PostState::Deferred { .. }) {
            pending.retry_now();
        }
    }
}

/// Drops what failed in a room, and ephemeral messages that the server does not take.
pub fn discard(model: &mut Model, room_key: RoomKey) {
    let Some(room) = model.rooms.get(&room_key) else { return };
    let is_given_up = |pending: &&PendingPost| pending.has_failed() || room_queues::is_discardable(room, pending);
    let keys: Vec<_> = room.writing.pending.iter().filter(is_given_up).map(|pending| pending.key.clone()).collect();
    for key in keys {
        complete(model, room_key, &key);
    }
}

/// The server acknowledged a post. It is shown in its place even if its event has not arrived yet.
pub fn on_posted(model: &mut Model, room_key: RoomKey, key: &ClientKey, posted: &Posted) {
    let Some(me) = model.servers.get(&room_key.server).and_then(Server::my_id) else { return };
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    if let Some(pending) = room.writing.find_mut(key) {
        let message = Message {
            code: pending.code.clone(),
            key: Some(key.clone()),
            expires_at: posted.expires_at,
            ..Message::plain(pending.body.clone())
        };
        let content = Content::Message(message);
        let item = Item { seq: posted.seq, changed: posted.seq, at: posted.at, by: me, content };
        // Up to the cursor, the timeline already holds the event or its deletion. Only received items are saved.
        if posted.seq > room.following.applied() {
            room.timeline.apply(&item, Some(me));
        }
    }
    complete(model, room_key, key);
}

/// The post with this key is done: the server has it, or the user dropped it.
pub fn complete(model: &mut Model, room_key: RoomKey, key: &ClientKey) {
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    let Some(at) = room.writing.pending.iter().position(|pending| pending.key == *key) else { return };
    if room.writing.pending.remove(at).is_stored {
        model.effects.push(Effect::Persist(room_key.server, PersistOp::RemovePost(key.clone())));
    }
}

/// The server refused a post, or never answered.
pub fn on_refused(model: &mut Model, key: &ClientKey, refusal: &CallError) {
    let now = model.now;
    let Some(pending) = find(model, key) else { return };
    match refusal {
        // The server may have it: a retry with the same key finds out.
        CallError::Disconnected | CallError::Unanswered { .. } | CallError::Unreadable(_) => {
            pending.state = PostState::Ready;
        }
        CallError::Refused(body) if body.retryable => {
            let is_live_refusal = body.code == ErrorCode::LiveUnavailable;
            let longest_ms = if is_live_refusal { LONGEST_EPHEMERAL_PAUSE_MS } else { LONGEST_PAUSE_MS };
            let until = |attempts: u32| {
                let pause_ms = (FIRST_PAUSE_MS << attempts.min(5)).min(longest_ms);
                now.plus_ms(body.retry_after_ms.unwrap_or(pause_ms))
            };
            pending.defer(body.code, &body.message, until);
        }
        CallError::Refused(body) => {
            pending.fail(&body.message);
            let hint = match body.code {
                ErrorCode::NotMember | ErrorCode::NotFound => "join the room and /retry, or /discard it",
                _ => "/retry or /discard it",
            };
            model.show_error(&format!("Not sent: {} ({hint})", body.message));
        }
    }
}

fn find<'a>(model: &'a mut Model, key: &ClientKey) -> Option<&'a mut PendingPost> {
    model.rooms.values_mut().find_map(|room| room.writing.find_mut(key))
}
