//! Which of a room's messages on their way may go now, and what each of them waits for. Knows no request and no answer.
//!
//! They go one at a time, as they were written. Once one that expires has been put off, what lasts and what expires go
//! apart, each kind in its own order: nothing that lasts waits for what expires.

use chat_proto::error::ErrorCode;
use chat_proto::time::UnixMillis;

use super::model::Model;
use super::outbox::{Pending, PendingState};
use super::room::Room;
use super::room_key::RoomKey;
use crate::text::SafeText;

/// What a message on its way waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing<'a> {
    /// Nothing but an answer: to itself, or to one before it.
    Answer,
    /// The link.
    Link,
    /// That messages that expire are taken again, and why this one was not.
    Expiring(&'a SafeText),
    /// The end of a pause, and why there is one.
    Pause(&'a SafeText),
    /// One before it that was put off.
    Turn,
    /// The person: the server will not take it, and why.
    Person(&'a SafeText),
}

/// The messages that may be sent now, by their index: at most one, or one of each kind where the kinds go apart.
pub(super) fn due(room: &Room, now: UnixMillis) -> Vec<usize> {
    let is_due = |index: &usize| match room.pending[*index].state {
        PendingState::Ready => true,
        PendingState::Waiting { until } => until <= now,
        PendingState::Storing | PendingState::Sent | PendingState::Failed { .. } => false,
    };
    fronts(room).filter(is_due).collect()
}

/// The soonest time at which something put off is tried again.
pub(super) fn next_try(model: &Model) -> Option<UnixMillis> {
    let ready = model.rooms.iter().filter(|(room_key, _)| model.is_ready(room_key.server));
    let fronts = ready.flat_map(|(_, room)| fronts(room).map(|index| &room.pending[index]));
    let waiting = fronts.filter_map(|pending| match pending.state {
        PendingState::Waiting { until } => Some(until),
        PendingState::Storing | PendingState::Ready | PendingState::Sent | PendingState::Failed { .. } => None,
    });
    waiting.min()
}

/// What a message of a room waits for.
pub fn standing<'a>(model: &Model, room_key: RoomKey, room: &'a Room, pending: &'a Pending) -> Standing<'a> {
    if let PendingState::Failed { reason } = &pending.state {
        return Standing::Person(reason);
    }
    if !model.is_ready(room_key.server) {
        return Standing::Link;
    }
    let front = front(room, pending.is_lasting(room.is_ephemeral())).map_or(pending, |index| &room.pending[index]);
    match front.put_off() {
        None => Standing::Answer,
        Some(_) if front.key != pending.key => Standing::Turn,
        Some((ErrorCode::LiveUnavailable, reason)) => Standing::Expiring(reason),
        Some((_, reason)) => Standing::Pause(reason),
    }
}

/// Whether a message that expires is held, by its own refusal or by that of one before it: the person may let go of it.
/// One that is being sent may be there already.
pub(super) fn is_held(room: &Room, pending: &Pending) -> bool {
    let is_expiring = !pending.is_lasting(room.is_ephemeral());
    are_apart(room) && is_expiring && pending.state != PendingState::Sent
}

/// The messages whose turn it is.
fn fronts(room: &Room) -> impl Iterator<Item = usize> {
    let (lasting, expiring) = (front(room, true), front(room, false));
    let other = expiring.filter(|_| expiring != lasting);
    lasting.into_iter().chain(other)
}

/// The first of a kind that the server may still take; of both kinds where they go together.
fn front(room: &Room, is_lasting: bool) -> Option<usize> {
    let are_apart = are_apart(room);
    let is_of_lane = |pending: &Pending| !are_apart || pending.is_lasting(room.is_ephemeral()) == is_lasting;
    room.pending.iter().position(|pending| !pending.has_failed() && is_of_lane(pending))
}

/// Whether a message that expires was put off and has not been taken since.
fn are_apart(room: &Room) -> bool {
    let is_expiring = |pending: &Pending| !pending.is_lasting(room.is_ephemeral());
    room.pending.iter().any(|pending| pending.was_put_off() && !pending.has_failed() && is_expiring(pending))
}
