//! One's own messages on their way: shown at once, on disk before they are sent, settled by their key.

use chat_proto::error::ErrorCode;
use chat_proto::ids::ClientKey;
use chat_proto::message::{Content, Item, Message};
use chat_proto::request::{Life, Post, Posted};
use chat_proto::text::{CodeLanguage, MessageBody};
use chat_proto::time::UnixMillis;

use super::answers::Purpose;
use super::effect::{Effect, PersistOp, StoredPost};
use super::model::Model;
use super::msg::Refusal;
use super::room::Scroll;
use super::room_key::{RoomKey, ServerKey};
use super::room_queues;
use crate::text::SafeText;

/// The first pause before a refused post is tried again, in milliseconds; doubled up to the longest.
const FIRST_PAUSE_MS: u64 = 1_000;
const LONGEST_PAUSE_MS: u64 = 30_000;
/// The longest for one that expires where none are taken: that some are again is not always told.
const LONGEST_EPHEMERAL_PAUSE_MS: u64 = 5_000;

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingPost {
    /// Its key.
    pub key: ClientKey,
    /// The text.
    pub body: MessageBody,
    /// The text, fit for a terminal.
    pub text: SafeText,
    /// The language, where it is code.
    pub code: Option<CodeLanguage>,
    /// How long it lives, where that is said.
    pub life: Option<Life>,
    /// When it was written, by this machine's clock.
    pub at: UnixMillis,
    /// How far it is.
    pub state: PostState,
    /// Why the server put it off last; also while it is tried again.
    deferral: Option<Deferral>,
    /// How often it was put off since there was reason to hope.
    attempts: u32,
    /// Whether it is on disk.
    is_stored: bool,
}

/// A refusal after which the same may be taken later.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Deferral {
    code: ErrorCode,
    reason: SafeText,
}

/// How far a message is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PostState {
    /// It is being put on disk.
    Storing,
    /// It waits for its turn, or for the link.
    Ready,
    /// It is sent; the answer is awaited.
    Sent,
    /// The server put it off.
    Deferred {
        /// Until when.
        until: UnixMillis,
    },
    /// The server will not take it.
    Failed {
        /// Why.
        reason: SafeText,
    },
}

impl PendingPost {
    /// Whether it will stay once it is there; only then may it be on disk.
    pub(super) fn is_persistent(&self, is_room_ephemeral: bool) -> bool {
        match self.life {
            Some(Life::Persistent) => true,
            Some(Life::TtlMs(_)) => false,
            None => !is_room_ephemeral,
        }
    }

    /// Whether the server will not take it.
    pub(super) fn has_failed(&self) -> bool {
        matches!(self.state, PostState::Failed { .. })
    }

    /// Whether the server has put it off, however long ago.
    pub(super) fn was_deferred(&self) -> bool {
        self.deferral.is_some()
    }

    /// Why the server puts it off; none where there is reason to hope that it will not again.
    pub(super) fn deferral(&self) -> Option<(ErrorCode, &SafeText)> {
        self.deferral.as_ref().filter(|_| self.attempts > 0).map(|deferral| (deferral.code, &deferral.reason))
    }

    /// It is tried at once, as if for the first time.
    fn retry_now(&mut self) {
        self.state = PostState::Ready;
        self.attempts = 0;
    }
}

/// What to send.
pub(super) struct Draft {
    pub(super) body: MessageBody,
    pub(super) code: Option<CodeLanguage>,
    pub(super) life: Option<Life>,
}

/// Puts a message on its way.
pub(super) fn send(model: &mut Model, room_key: RoomKey, draft: Draft) {
    let key = model.new_client_key();
    let now = model.now;
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    let mut pending = PendingPost {
        key: key.clone(),
        text: SafeText::block(draft.body.as_str()),
        body: draft.body,
        code: draft.code,
        life: draft.life,
        at: now,
        state: PostState::Ready,
        deferral: None,
        attempts: 0,
        is_stored: false,
    };
    let is_persistent = pending.is_persistent(room.is_ephemeral());
    room.scroll = Scroll::End;
    room.missed = 0;
    room.new_after = None;
    room.is_marked_unread = false;
    if is_persistent {
        pending.state = PostState::Storing;
        pending.is_stored = true;
        let is_forced_persistent = pending.life == Some(Life::Persistent);
        let post =
            StoredPost { room_key, key, body: pending.body.clone(), code: pending.code.clone(), is_forced_persistent };
        room.pending.push(pending);
        model.effects.push(Effect::Persist(room_key.server, PersistOp::StorePost(post)));
    } else {
        room.pending.push(pending);
    }
}

/// A message of an earlier run goes on.
pub(super) fn restore(model: &mut Model, post: StoredPost) {
    let now = model.now;
    let Some(room) = model.rooms.get_mut(&post.room_key) else { return };
    room.pending.push(PendingPost {
        key: post.key,
        text: SafeText::block(post.body.as_str()),
        body: post.body,
        code: post.code,
        life: post.is_forced_persistent.then_some(Life::Persistent),
        at: now,
        state: PostState::Ready,
        deferral: None,
        attempts: 0,
        is_stored: true,
    });
}

/// It is on disk.
pub(super) fn on_stored(model: &mut Model, key: &ClientKey) {
    if let Some(pending) = find(model, key).filter(|pending| pending.state == PostState::Storing) {
        pending.state = PostState::Ready;
    }
}

/// It could not be put on disk: it is sent all the same, and the person knows.
pub(super) fn on_store_failed(model: &mut Model, key: &ClientKey, reason: &str) {
    on_stored(model, key);
    model.show_error(&format!("Not kept for a restart, sent all the same: {reason}"));
}

/// Sends what may go now.
pub(super) fn flush(model: &mut Model) {
    let room_keys: Vec<_> =
        model.rooms.iter().filter(|(_, room)| !room.pending.is_empty()).map(|(room_key, _)| *room_key).collect();
    for room_key in room_keys {
        let now = model.now;
        if !model.is_ready(room_key.server) {
            continue;
        }
        let Some(room) = model.rooms.get_mut(&room_key) else { continue };
        let mut posts = Vec::new();
        for index in room_queues::due(room, now) {
            let next = &mut room.pending[index];
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

/// The server said what works just now: what waits for messages that expire to be taken is tried where they are.
pub(super) fn on_service(model: &mut Model, key: ServerKey) {
    if !model.servers.get(&key).is_some_and(|server| server.service.is_live_available) {
        return;
    }
    let rooms = model.rooms.iter_mut().filter(|(room_key, _)| room_key.server == key).map(|(_, room)| room);
    for pending in rooms.flat_map(|room| &mut room.pending) {
        if !matches!(pending.deferral(), Some((ErrorCode::LiveUnavailable, _))) {
            continue;
        }
        match pending.state {
            PostState::Deferred { .. } => pending.retry_now(),
            // The answer under way may come from before: then the next try is soon.
            PostState::Storing | PostState::Ready | PostState::Sent | PostState::Failed { .. } => {
                pending.attempts = 0;
            }
        }
    }
}

/// What failed or was put off in a room is tried again.
pub(super) fn retry(model: &mut Model, room_key: RoomKey) {
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    for pending in &mut room.pending {
        if matches!(pending.state, PostState::Failed { .. } | PostState::Deferred { .. }) {
            pending.retry_now();
        }
    }
}

/// What failed in a room, or would expire and is not taken, is let go of.
pub(super) fn discard(model: &mut Model, room_key: RoomKey) {
    let Some(room) = model.rooms.get(&room_key) else { return };
    let is_given_up = |pending: &&PendingPost| pending.has_failed() || room_queues::is_discardable(room, pending);
    let keys: Vec<_> = room.pending.iter().filter(is_given_up).map(|pending| pending.key.clone()).collect();
    for key in keys {
        complete(model, room_key, &key);
    }
}

/// The server has it. Where its event has not come yet, it takes its place already.
pub(super) fn on_posted(model: &mut Model, room_key: RoomKey, key: &ClientKey, posted: &Posted) {
    let Some(me) = model.servers.get(&room_key.server).and_then(super::Server::my_id) else { return };
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    if let Some(pending) = room.pending.iter().find(|pending| pending.key == *key) {
        let message = Message {
            code: pending.code.clone(),
            key: Some(key.clone()),
            expires_at: posted.expires_at,
            ..Message::plain(pending.body.clone())
        };
        let content = Content::Message(message);
        let item = Item { seq: posted.seq, changed: posted.seq, at: posted.at, by: me, content };
        // A number that has been applied already has its event, or has been deleted since.
        if posted.seq > room.cursor {
            room.apply(&item, Some(me));
        }
    }
    complete(model, room_key, key);
}

/// The message with this key has arrived.
pub(super) fn complete(model: &mut Model, room_key: RoomKey, key: &ClientKey) {
    let Some(room) = model.rooms.get_mut(&room_key) else { return };
    let Some(at) = room.pending.iter().position(|pending| pending.key == *key) else { return };
    if room.pending.remove(at).is_stored {
        model.effects.push(Effect::Persist(room_key.server, PersistOp::RemovePost(key.clone())));
    }
}

/// The server did not take it.
pub(super) fn on_refused(model: &mut Model, key: &ClientKey, refusal: &Refusal) {
    let now = model.now;
    let Some(pending) = find(model, key) else { return };
    match refusal {
        // Nobody knows whether it was taken: the same key again tells.
        Refusal::Disconnected => pending.state = PostState::Ready,
        Refusal::Refused(body) if body.retryable => {
            let is_live_refusal = body.code == ErrorCode::LiveUnavailable;
            let longest_ms = if is_live_refusal { LONGEST_EPHEMERAL_PAUSE_MS } else { LONGEST_PAUSE_MS };
            let pause_ms = (FIRST_PAUSE_MS << pending.attempts.min(5)).min(longest_ms);
            pending.attempts += 1;
            let until = now.plus_ms(body.retry_after_ms.unwrap_or(pause_ms));
            pending.state = PostState::Deferred { until };
            pending.deferral = Some(Deferral { code: body.code, reason: SafeText::line(&body.message) });
        }
        Refusal::Refused(body) => {
            pending.deferral = None;
            pending.state = PostState::Failed { reason: SafeText::line(&body.message) };
            let hint = match body.code {
                ErrorCode::NotMember | ErrorCode::NotFound => "join the room and /retry, or /discard it",
                _ => "/retry or /discard it",
            };
            model.show_error(&format!("Not sent: {} ({hint})", body.message));
        }
    }
}

fn find<'a>(model: &'a mut Model, key: &ClientKey) -> Option<&'a mut PendingPost> {
    model.rooms.values_mut().flat_map(|room| &mut room.pending).find(|pending| pending.key == *key)
}
