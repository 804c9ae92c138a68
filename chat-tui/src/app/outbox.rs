//! One's own messages on their way: shown at once, on disk before they are sent, settled by their key.

use chat_proto::error::ErrorCode;
use chat_proto::ids::ClientKey;
use chat_proto::message::{Item, Message, What};
use chat_proto::request::{Life, Post, Posted};
use chat_proto::text::{CodeLanguage, MessageBody};
use chat_proto::time::UnixMillis;

use super::answers::Purpose;
use super::effect::{Effect, Keep, StoredPost};
use super::model::Model;
use super::msg::Refusal;
use super::place::Place;
use super::room::Scroll;
use crate::text::SafeText;

/// The first pause before a refused post is tried again, in milliseconds; doubled up to the longest.
const FIRST_PAUSE_MS: u64 = 1_000;
const LONGEST_PAUSE_MS: u64 = 30_000;

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
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
    pub state: PendingState,
    /// How often the server put it off.
    attempts: u32,
    /// Whether it is on disk.
    is_stored: bool,
}

/// How far a message is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PendingState {
    /// It is being put on disk.
    Storing,
    /// It waits for its turn, or for the link.
    Ready,
    /// It is sent; the answer is awaited.
    Sent,
    /// The server put it off.
    Waiting {
        /// Until when.
        until: UnixMillis,
        /// Why.
        reason: SafeText,
    },
    /// The server will not take it.
    Failed {
        /// Why.
        reason: SafeText,
    },
}

impl Pending {
    /// Whether it will stay once it is there; only then may it be on disk.
    fn is_lasting(&self, is_room_ephemeral: bool) -> bool {
        match self.life {
            Some(Life::Lasting) => true,
            Some(Life::TtlMs(_)) => false,
            None => !is_room_ephemeral,
        }
    }
}

/// What to send.
pub(super) struct Draft {
    pub(super) body: MessageBody,
    pub(super) code: Option<CodeLanguage>,
    pub(super) life: Option<Life>,
}

/// Puts a message on its way.
pub(super) fn send(model: &mut Model, place: Place, draft: Draft) {
    let key = model.fresh_key();
    let now = model.now;
    let Some(room) = model.rooms.get_mut(&place) else { return };
    let mut pending = Pending {
        key: key.clone(),
        text: SafeText::block(draft.body.as_str()),
        body: draft.body,
        code: draft.code,
        life: draft.life,
        at: now,
        state: PendingState::Ready,
        attempts: 0,
        is_stored: false,
    };
    let is_lasting = pending.is_lasting(room.is_ephemeral());
    room.scroll = Scroll::End;
    room.missed = 0;
    room.new_after = None;
    room.is_held_unread = false;
    if is_lasting {
        pending.state = PendingState::Storing;
        pending.is_stored = true;
        let is_kept = pending.life == Some(Life::Lasting);
        let post = StoredPost { place, key, body: pending.body.clone(), code: pending.code.clone(), is_kept };
        room.pending.push(pending);
        model.effects.push(Effect::Keep(place.server, Keep::Post(post)));
    } else {
        room.pending.push(pending);
    }
}

/// A message of an earlier run goes on.
pub(super) fn restore(model: &mut Model, post: StoredPost) {
    let now = model.now;
    let Some(room) = model.rooms.get_mut(&post.place) else { return };
    room.pending.push(Pending {
        key: post.key,
        text: SafeText::block(post.body.as_str()),
        body: post.body,
        code: post.code,
        life: post.is_kept.then_some(Life::Lasting),
        at: now,
        state: PendingState::Ready,
        attempts: 0,
        is_stored: true,
    });
}

/// It is on disk.
pub(super) fn stored(model: &mut Model, key: &ClientKey) {
    if let Some(pending) = find(model, key).filter(|pending| pending.state == PendingState::Storing) {
        pending.state = PendingState::Ready;
    }
}

/// It could not be put on disk: it is sent all the same, and the person knows.
pub(super) fn not_stored(model: &mut Model, key: &ClientKey, reason: &str) {
    stored(model, key);
    model.complain(&format!("Not kept for a restart, sent all the same: {reason}"));
}

/// Sends the next message of each room, one at a time, so that they arrive in the order they were written.
pub(super) fn flush(model: &mut Model) {
    let places: Vec<_> =
        model.rooms.iter().filter(|(_, room)| !room.pending.is_empty()).map(|(place, _)| *place).collect();
    for place in places {
        let now = model.now;
        let is_ready = model.is_ready(place.server);
        let Some(room) = model.rooms.get_mut(&place) else { continue };
        let next = room.pending.iter_mut().find(|pending| !matches!(pending.state, PendingState::Failed { .. }));
        let Some(next) = next else { continue };
        let is_due = match &next.state {
            PendingState::Ready => true,
            PendingState::Waiting { until, .. } => *until <= now,
            PendingState::Storing | PendingState::Sent | PendingState::Failed { .. } => false,
        };
        if is_ready && is_due {
            next.state = PendingState::Sent;
            let key = next.key.clone();
            let post = Post {
                room: place.room,
                key: next.key.clone(),
                body: next.body.clone(),
                life: next.life,
                code: next.code.clone(),
                reply_to: None,
                chain: None,
            };
            model.ask(place.server, post, Purpose::Post(place, key));
        }
    }
}

/// The server has it. Where its event has not come yet, it takes its place already.
pub(super) fn posted(model: &mut Model, place: Place, key: &ClientKey, posted: &Posted) {
    let Some(me) = model.servers.get(&place.server).and_then(super::Server::my_id) else { return };
    let Some(room) = model.rooms.get_mut(&place) else { return };
    if let Some(pending) = room.pending.iter().find(|pending| pending.key == *key) {
        let message = Message {
            code: pending.code.clone(),
            key: Some(key.clone()),
            expires_at: posted.expires_at,
            ..Message::plain(pending.body.clone())
        };
        let what = What::Message(message);
        let item = Item { seq: posted.seq, changed: posted.seq, at: posted.at, by: me, what };
        // A number that has been applied already has its event, or has been deleted since.
        if posted.seq > room.cursor {
            room.apply(&item, Some(me));
        }
    }
    settle(model, place, key);
}

/// The message with this key has arrived.
pub(super) fn settle(model: &mut Model, place: Place, key: &ClientKey) {
    let Some(room) = model.rooms.get_mut(&place) else { return };
    let Some(at) = room.pending.iter().position(|pending| pending.key == *key) else { return };
    if room.pending.remove(at).is_stored {
        model.effects.push(Effect::Keep(place.server, Keep::Settled(key.clone())));
    }
}

/// The server did not take it.
pub(super) fn refused(model: &mut Model, key: &ClientKey, refusal: &Refusal) {
    let now = model.now;
    let Some(pending) = find(model, key) else { return };
    match refusal {
        // Nobody knows whether it was taken: the same key again tells.
        Refusal::Disconnected => pending.state = PendingState::Ready,
        Refusal::Refused(body) if body.retryable => {
            let pause_ms = (FIRST_PAUSE_MS << pending.attempts.min(5)).min(LONGEST_PAUSE_MS);
            pending.attempts += 1;
            let until = now.plus_ms(body.retry_after_ms.unwrap_or(pause_ms));
            pending.state = PendingState::Waiting { until, reason: SafeText::line(&body.message) };
        }
        Refusal::Refused(body) => {
            pending.state = PendingState::Failed { reason: SafeText::line(&body.message) };
            let hint = match body.code {
                ErrorCode::NotMember | ErrorCode::NotFound => "join the room and /retry, or /discard it",
                _ => "/retry or /discard it",
            };
            model.complain(&format!("Not sent: {} ({hint})", body.message));
        }
    }
}

/// The soonest time at which something put off is tried again.
pub(super) fn next_try(model: &Model) -> Option<UnixMillis> {
    let ready = model.rooms.iter().filter(|(place, _)| model.is_ready(place.server));
    let waiting = ready.flat_map(|(_, room)| &room.pending).filter_map(|pending| match pending.state {
        PendingState::Waiting { until, .. } => Some(until),
        PendingState::Storing | PendingState::Ready | PendingState::Sent | PendingState::Failed { .. } => None,
    });
    waiting.min()
}

fn find<'a>(model: &'a mut Model, key: &ClientKey) -> Option<&'a mut Pending> {
    model.rooms.values_mut().flat_map(|room| &mut room.pending).find(|pending| pending.key == *key)
}
