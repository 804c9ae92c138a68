//! One's own messages on their way: shown at once, on disk before they are sent, complete once acknowledged.
//! Must not know how they were written, or which of them may go first.

#![deny(clippy::disallowed_methods)]

use chat_proto::error::ErrorCode;
use chat_proto::ids::{ClientKey, UserId};
use chat_proto::message::{Content, Item, Message};
use chat_proto::request::{Life, Post, Posted};
use chat_proto::time::UnixMillis;

use super::pending_post::{PendingPost, PostState};
use super::room::Room;
use crate::app::parts::outcomes::Outcomes;
use crate::app::parts::server::Server;
use crate::app::state::draft::Draft;
use crate::app::state::effect::{PersistOp, StoredPost};
use crate::app::state::purpose::Purpose;
use crate::link_event::CallError;

/// The first pause before a deferred post is tried again, in milliseconds; doubled up to the longest.
const FIRST_PAUSE_MS: u64 = 1_000;
const LONGEST_PAUSE_MS: u64 = 30_000;
/// The longest pause while the server takes no ephemeral messages: it does not always announce the recovery.
const LONGEST_EPHEMERAL_PAUSE_MS: u64 = 5_000;

impl Room {
    /// Queues a message: on disk first if it is persistent.
    pub fn post(&mut self, key: ClientKey, draft: Draft, now: UnixMillis, out: &mut Outcomes) {
        let mut pending = PendingPost::new(key, draft, now);
        self.scroll_to_newest();
        self.reading.is_marked_unread = false;
        self.reading.new_after = None;
        if pending.is_persistent(self.is_ephemeral()) {
            pending.state = PostState::Storing;
            pending.is_stored = true;
            let post = StoredPost {
                room_key: self.key,
                key: pending.key.clone(),
                body: pending.body.clone(),
                code: pending.code.clone(),
                is_forced_persistent: pending.life == Some(Life::Persistent),
            };
            out.persist(self.key.server, PersistOp::StorePost(post));
        }
        self.writing.pending.push(pending);
    }

    /// A post is on disk, or cannot be put there: it may be sent.
    pub fn on_stored(&mut self, key: &ClientKey) {
        if let Some(pending) = self.writing.find_mut(key).filter(|pending| pending.state == PostState::Storing) {
            pending.state = PostState::Ready;
        }
    }

    /// Sends the posts whose turn it is, if the server takes requests.
    pub fn send_due(&mut self, server: &Server, now: UnixMillis, out: &mut Outcomes) {
        if self.writing.pending.is_empty() || !server.is_ready() {
            return;
        }
        for index in self.due(now) {
            let next = &mut self.writing.pending[index];
            next.state = PostState::Sent;
            let post = Post {
                room: self.key.room,
                key: next.key.clone(),
                body: next.body.clone(),
                life: next.life,
                code: next.code.clone(),
                reply_to: None,
                chain: None,
            };
            out.ask(self.key.server, post, Purpose::Post(self.key, next.key.clone()));
        }
    }

    /// The server takes ephemeral messages: those that wait for that are retried.
    pub fn on_live_available(&mut self) {
        for pending in &mut self.writing.pending {
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

    /// Retries everything that failed or was deferred.
    pub fn retry_posts(&mut self) {
        for pending in &mut self.writing.pending {
            if matches!(pending.state, PostState::Failed { .. } | PostState::Deferred { .. }) {
                pending.retry_now();
            }
        }
    }

    /// Drops what failed, and ephemeral messages that the server does not take.
    pub fn discard_posts(&mut self, out: &mut Outcomes) {
        let is_given_up = |pending: &&PendingPost| pending.has_failed() || self.is_discardable(pending);
        let keys: Vec<_> = self.writing.pending.iter().filter(is_given_up).map(|pending| pending.key.clone()).collect();
        for key in keys {
            self.complete(&key, out);
        }
    }

    /// The server acknowledged a post. It is shown in its place even if its event has not arrived yet.
    pub fn on_posted(&mut self, key: &ClientKey, posted: &Posted, me: UserId, out: &mut Outcomes) {
        if let Some(pending) = self.writing.find_mut(key) {
            let message = Message {
                code: pending.code.clone(),
                key: Some(key.clone()),
                expires_at: posted.expires_at,
                ..Message::plain(pending.body.clone())
            };
            let content = Content::Message(message);
            let item = Item { seq: posted.seq, changed: posted.seq, at: posted.at, by: me, content };
            // Up to the cursor, the timeline already holds the event or its deletion. Only received items are saved.
            if posted.seq > self.following.applied() {
                self.timeline.apply(&item, Some(me));
            }
        }
        self.complete(key, out);
    }

    /// The post with this key is done: the server has it, or the user dropped it.
    pub fn complete(&mut self, key: &ClientKey, out: &mut Outcomes) {
        let Some(at) = self.writing.pending.iter().position(|pending| pending.key == *key) else { return };
        if self.writing.pending.remove(at).is_stored {
            out.persist(self.key.server, PersistOp::RemovePost(key.clone()));
        }
    }

    /// The server refused a post, or never answered.
    pub fn on_refused(&mut self, key: &ClientKey, refusal: &CallError, now: UnixMillis, out: &mut Outcomes) {
        let Some(pending) = self.writing.find_mut(key) else { return };
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
                out.show_error(&format!("Not sent: {} ({hint})", body.message));
            }
        }
    }
}
