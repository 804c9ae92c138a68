//! One's own message on its way to the server. Must not know requests, or the other messages of its room.

#![deny(clippy::disallowed_methods)]

use chat_proto::error::ErrorCode;
use chat_proto::ids::ClientKey;
use chat_proto::request::Life;
use chat_proto::text::{CodeLanguage, MessageBody};
use chat_proto::time::UnixMillis;

use crate::app::state::draft::Draft;
use crate::app::state::effect::StoredPost;
use crate::text::SafeText;

/// A message that the server has not acknowledged yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingPost {
    /// The key under which the server recognises a retry.
    pub key: ClientKey,
    /// The text.
    pub body: MessageBody,
    /// The text, safe for a terminal.
    pub text: SafeText,
    /// The language, if it is code.
    pub code: Option<CodeLanguage>,
    /// How long it lives, if the user chose it.
    pub life: Option<Life>,
    /// When it was written, by this machine's clock.
    pub at: UnixMillis,
    /// How far it has got.
    pub state: PostState,
    /// The last refusal that allows a retry; kept while it is retried.
    deferral: Option<Deferral>,
    /// How often it was deferred since there was last reason to hope.
    attempts: u32,
    /// Whether it is in the outbox on disk.
    pub(in crate::app) is_stored: bool,
}

/// A refusal after which the server may take the same message later.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Deferral {
    code: ErrorCode,
    reason: SafeText,
}

/// How far a message has got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PostState {
    /// Being written to disk.
    Storing,
    /// Waiting for its turn, or for the connection.
    Ready,
    /// Sent, not answered yet.
    Sent,
    /// The server deferred it.
    Deferred {
        /// When to try again, by this machine's clock.
        until: UnixMillis,
    },
    /// The server rejected it.
    Failed {
        /// The server's reason.
        reason: SafeText,
    },
}

impl PendingPost {
    /// A new message, ready to be sent.
    pub(in crate::app) fn new(key: ClientKey, draft: Draft, at: UnixMillis) -> Self {
        Self {
            key,
            text: SafeText::block(draft.body.as_str()),
            body: draft.body,
            code: draft.code,
            life: draft.life,
            at,
            state: PostState::Ready,
            deferral: None,
            attempts: 0,
            is_stored: false,
        }
    }

    /// A message of an earlier run, from the outbox on disk.
    pub(in crate::app) fn restored(post: StoredPost, at: UnixMillis) -> Self {
        let life = post.is_forced_persistent.then_some(Life::Persistent);
        let draft = Draft { body: post.body, code: post.code, life };
        Self { is_stored: true, ..Self::new(post.key, draft, at) }
    }

    /// Whether the message will be persistent; only then may it be on disk.
    pub(in crate::app) fn is_persistent(&self, is_room_ephemeral: bool) -> bool {
        match self.life {
            Some(Life::Persistent) => true,
            Some(Life::TtlMs(_)) => false,
            None => !is_room_ephemeral,
        }
    }

    /// Whether the server rejected it.
    pub(in crate::app) fn has_failed(&self) -> bool {
        matches!(self.state, PostState::Failed { .. })
    }

    /// Whether the server has ever deferred it.
    pub(in crate::app) fn was_deferred(&self) -> bool {
        self.deferral.is_some()
    }

    /// Why the server defers it; `None` once there is reason to hope that it will not again.
    pub(in crate::app) fn deferral(&self) -> Option<(ErrorCode, &SafeText)> {
        self.deferral.as_ref().filter(|_| self.attempts > 0).map(|deferral| (deferral.code, &deferral.reason))
    }

    /// Makes it due at once, as if it had never been tried.
    pub(in crate::app) fn retry_now(&mut self) {
        self.state = PostState::Ready;
        self.attempts = 0;
    }

    /// Makes the next refusal start again with the shortest pause.
    pub(in crate::app) fn forget_attempts(&mut self) {
        self.attempts = 0;
    }

    /// Defers it until the time that `until` computes from the number of earlier attempts.
    pub(in crate::app) fn defer(&mut self, code: ErrorCode, reason: &str, until: impl Fn(u32) -> UnixMillis) {
        self.state = PostState::Deferred { until: until(self.attempts) };
        self.attempts += 1;
        self.deferral = Some(Deferral { code, reason: SafeText::line(reason) });
    }

    /// Marks it as rejected.
    pub(in crate::app) fn fail(&mut self, reason: &str) {
        self.deferral = None;
        self.state = PostState::Failed { reason: SafeText::line(reason) };
    }
}
