//! Which unsent messages of a room may go now, and what each of the others waits for. Must not know requests or answers.
//!
//! Messages go one at a time, in the order they were written. Once an ephemeral one has been deferred, persistent and
//! ephemeral messages form two queues: no persistent message waits for an ephemeral one.

#![deny(clippy::disallowed_methods)]

use chat_proto::error::ErrorCode;
use chat_proto::time::UnixMillis;

use crate::app::model::Model;
use crate::app::parts::rooms::pending_post::{PendingPost, PostState};
use crate::app::parts::rooms::room::Room;
use crate::app::state::room_key::RoomKey;
use crate::text::SafeText;

/// The reason an unsent message waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryStatus<'a> {
    /// An answer: to itself, or to a message before it.
    Sending,
    /// The connection.
    Offline,
    /// The server to take ephemeral messages again, and its reason for not taking this one.
    EphemeralUnavailable(&'a SafeText),
    /// The end of a pause, and the reason for it.
    Deferred(&'a SafeText),
    /// A deferred message before it.
    Queued,
    /// The user, because the server rejected it for this reason.
    Failed(&'a SafeText),
}

/// The indices of the messages that may be sent now: at most one per queue.
pub fn due(room: &Room, now: UnixMillis) -> Vec<usize> {
    let is_due = |index: &usize| match room.writing.pending[*index].state {
        PostState::Ready => true,
        PostState::Deferred { until } => until <= now,
        PostState::Storing | PostState::Sent | PostState::Failed { .. } => false,
    };
    fronts(room).filter(is_due).collect()
}

/// When the next deferred message is retried.
pub fn next_retry(model: &Model) -> Option<UnixMillis> {
    let ready = model.rooms.iter().filter(|(room_key, _)| model.is_ready(room_key.server));
    let fronts = ready.flat_map(|(_, room)| fronts(room).map(|index| &room.writing.pending[index]));
    let waiting = fronts.filter_map(|pending| match pending.state {
        PostState::Deferred { until } => Some(until),
        PostState::Storing | PostState::Ready | PostState::Sent | PostState::Failed { .. } => None,
    });
    waiting.min()
}

/// Returns the reason an unsent message of a room waits.
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
    let front =
        front(room, pending.is_persistent(room.is_ephemeral())).map_or(pending, |index| &room.writing.pending[index]);
    match front.deferral() {
        None => DeliveryStatus::Sending,
        Some(_) if front.key != pending.key => DeliveryStatus::Queued,
        Some((ErrorCode::LiveUnavailable, reason)) => DeliveryStatus::EphemeralUnavailable(reason),
        Some((_, reason)) => DeliveryStatus::Deferred(reason),
    }
}

/// Whether the user may drop an ephemeral message that is held up, by its own refusal or by one before it. A message
/// in flight may have arrived already.
pub fn is_discardable(room: &Room, pending: &PendingPost) -> bool {
    let is_ephemeral = !pending.is_persistent(room.is_ephemeral());
    are_separate(room) && is_ephemeral && pending.state != PostState::Sent
}

/// The first message of each queue.
fn fronts(room: &Room) -> impl Iterator<Item = usize> {
    let (persistent, ephemeral) = (front(room, true), front(room, false));
    let other = ephemeral.filter(|_| ephemeral != persistent);
    persistent.into_iter().chain(other)
}

/// The first message of a queue that has not failed; of all messages while there is one queue.
fn front(room: &Room, is_persistent: bool) -> Option<usize> {
    let are_separate = are_separate(room);
    let is_in_queue =
        |pending: &PendingPost| !are_separate || pending.is_persistent(room.is_ephemeral()) == is_persistent;
    room.writing.pending.iter().position(|pending| !pending.has_failed() && is_in_queue(pending))
}

/// Whether there are two queues: an ephemeral message was deferred and has not been accepted since.
fn are_separate(room: &Room) -> bool {
    let is_ephemeral = |pending: &PendingPost| !pending.is_persistent(room.is_ephemeral());
    room.writing.pending.iter().any(|pending| pending.was_deferred() && !pending.has_failed() && is_ephemeral(pending))
}
