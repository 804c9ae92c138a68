//! Which unsent messages of a room may go now, and what each of the others waits for. Must not know requests or answers.
//!
//! Messages go one at a time, in the order they were written. Once an ephemeral one has been deferred, persistent and
//! ephemeral messages form two queues: no persistent message waits for an ephemeral one.

#![deny(clippy::disallowed_methods)]

use chat_proto::error::ErrorCode;
use chat_proto::time::UnixMillis;

use super::pending_post::{PendingPost, PostState};
use super::room::Room;
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

impl Room {
    /// The indices of the messages that may be sent now: at most one per queue.
    pub(super) fn due(&self, now: UnixMillis) -> Vec<usize> {
        let is_due = |index: &usize| match self.writing.pending[*index].state {
            PostState::Ready => true,
            PostState::Deferred { until } => until <= now,
            PostState::Storing | PostState::Sent | PostState::Failed { .. } => false,
        };
        self.fronts().filter(is_due).collect()
    }

    /// When the next deferred message is retried.
    pub(in crate::app) fn next_retry(&self) -> Option<UnixMillis> {
        let fronts = self.fronts().map(|index| &self.writing.pending[index]);
        let waiting = fronts.filter_map(|pending| match pending.state {
            PostState::Deferred { until } => Some(until),
            PostState::Storing | PostState::Ready | PostState::Sent | PostState::Failed { .. } => None,
        });
        waiting.min()
    }

    /// Returns the reason an unsent message waits; `is_ready` says whether the server takes requests.
    pub fn delivery_status<'a>(&'a self, pending: &'a PendingPost, is_ready: bool) -> DeliveryStatus<'a> {
        if let PostState::Failed { reason } = &pending.state {
            return DeliveryStatus::Failed(reason);
        }
        if !is_ready {
            return DeliveryStatus::Offline;
        }
        let front = self.front(pending.is_persistent(self.is_ephemeral()));
        let front = front.map_or(pending, |index| &self.writing.pending[index]);
        match front.deferral() {
            None => DeliveryStatus::Sending,
            Some(_) if front.key != pending.key => DeliveryStatus::Queued,
            Some((ErrorCode::LiveUnavailable, reason)) => DeliveryStatus::EphemeralUnavailable(reason),
            Some((_, reason)) => DeliveryStatus::Deferred(reason),
        }
    }

    /// Whether the user may drop an ephemeral message that is held up, by its own refusal or by one before it. A message
    /// in flight may have arrived already.
    pub(super) fn is_discardable(&self, pending: &PendingPost) -> bool {
        let is_ephemeral = !pending.is_persistent(self.is_ephemeral());
        self.has_two_queues() && is_ephemeral && pending.state != PostState::Sent
    }

    /// The first message of each queue.
    fn fronts(&self) -> impl Iterator<Item = usize> {
        let (persistent, ephemeral) = (self.front(true), self.front(false));
        let other = ephemeral.filter(|_| ephemeral != persistent);
        persistent.into_iter().chain(other)
    }

    /// The first message of a queue that has not failed; of all messages while there is one queue.
    fn front(&self, is_persistent: bool) -> Option<usize> {
        let has_two_queues = self.has_two_queues();
        let is_in_queue =
            |pending: &PendingPost| !has_two_queues || pending.is_persistent(self.is_ephemeral()) == is_persistent;
        self.writing.pending.iter().position(|pending| !pending.has_failed() && is_in_queue(pending))
    }

    /// Whether there are two queues: an ephemeral message was deferred and has not been accepted since.
    fn has_two_queues(&self) -> bool {
        let is_ephemeral = |pending: &PendingPost| !pending.is_persistent(self.is_ephemeral());
        let is_held_up = |pending: &PendingPost| pending.was_deferred() && !pending.has_failed();
        self.writing.pending.iter().any(|pending| is_held_up(pending) && is_ephemeral(pending))
    }
}
