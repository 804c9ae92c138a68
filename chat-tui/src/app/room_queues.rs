//! Which of a room's messages on their way may go now, and what each of them waits for. Knows no request and no answer.
//!
//! They go one at a time, as they were written. Once one that expires has been put off, what lasts and what expires go
//! apart, each kind in its own order: nothing that lasts waits for what expires.

use chat_proto::error::ErrorCode;
use chat_proto::time::UnixMillis;

use super::model::Model;
use super::outbox::{PendingPost, PostState};
use super::room::Room;
use super::room_key::RoomKey;
use crate::text::SafeText;

/// What a message on its way waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryStatus<'a> {
    /// Nothing but an answer: to itself, or to one before it.
    Sending,
    /// The link.
    Offline,
    /// That messages that expire are taken again, and why this one was not.
    EphemeralUnavailable(&'a SafeText),
    /// The end of a pause, and why there is one.
    Deferred(&'a SafeText),
    /// One before it that was put off.
    Queued,
    /// The person: the server will not take it, and why.
    Failed(&'a SafeText),
}

/// The messages that may be sent now, by their index: at most one, or one of each kind where the kinds go apart.
pub(super) fn due(room: &Room, now: UnixMillis) -> Vec<usize> {
    let is_due = |index: &usize| match room.pending[*index].state {
        PostState::Ready => true,
        PostState::Deferred { until } => until <= now,
        PostState::Storing | PostState::Sent | PostState::Failed { .. } => false,
    };
    fronts(room).filter(is_due).collect()
}

/// The soonest time at which something put off is tried again.
pub(super) fn next_retry(model: &Model) -> Option<UnixMillis> {
    let ready = model.rooms.iter().filter(|(room_key, _)| model.is_ready(room_key.server));
    let fronts = ready.flat_map(|(_, room)| fronts(room).map(|index| &room.pending[index]));
    let waiting = fronts.filter_map(|pending| match pending.state {
        PostState::Deferred { until } => Some(until),
        PostState::Storing | PostState::Ready | PostState::Sent | PostState::Failed { .. } => None,
    });
    waiting.min()
}

/// What a message of a room waits for.
pub fn delivery_status<'a>(
    model: &Model,
    room_key: RoomKey,
    room: &'a Room,
    pending: &'a PendingPost,
) -> DeliveryStatus<'a> {
    if let PostState::Failed { reason } = &pending.state {
        return DeliveryStatus::Failed(reason);
    }
    if !model.is_ready(room_key.server) {
        return DeliveryStatus::Offline;
    }
    let front = front(room, pending.is_persistent(room.is_ephemeral())).map_or(pending, |index| &room.pending[index]);
    match front.deferral() {
        None => DeliveryStatus::Sending,
        Some(_) if front.key != pending.key => DeliveryStatus::Queued,
        Some((ErrorCode::LiveUnavailable, reason)) => DeliveryStatus::EphemeralUnavailable(reason),
        Some((_, reason)) => DeliveryStatus::Deferred(reason),
    }
}

/// Whether a message that expires is held, by its own refusal or by that of one before it: the person may let go of it.
/// One that is being sent may be there already.
pub(super) fn is_discardable(room: &Room, pending: &PendingPost) -> bool {
    let is_ephemeral = !pending.is_persistent(room.is_ephemeral());
    are_separate(room) && is_ephemeral && pending.state != PostState::Sent
}

/// The messages whose turn it is.
fn fronts(room: &Room) -> impl Iterator<Item = usize> {
    let (persistent, ephemeral) = (front(room, true), front(room, false));
    let other = ephemeral.filter(|_| ephemeral != persistent);
    persistent.into_iter().chain(other)
}

/// The first of a kind that the server may still take; of both kinds where they go together.
fn front(room: &Room, is_persistent: bool) -> Option<usize> {
    let are_separate = are_separate(room);
    let is_in_queue =
        |pending: &PendingPost| !are_separate || pending.is_persistent(room.is_ephemeral()) == is_persistent;
    room.pending.iter().position(|pending| !pending.has_failed() && is_in_queue(pending))
}

/// Whether a message that expires was put off and has not been taken since.
fn are_separate(room: &Room) -> bool {
    let is_ephemeral = |pending: &PendingPost| !pending.is_persistent(room.is_ephemeral());
    room.pending.iter().any(|pending| pending.was_deferred() && !pending.has_failed() && is_ephemeral(pending))
}
