//! What a room makes good after the live store was away: what was refused is taken back, what is alive is learned late,
//! and what the store has lost is put there again.

use std::time::Duration;

use chat_proto::ids::Seq;
use chat_proto::message::{Content, Item};
use chat_proto::request::Posted;

use super::Actor;
use crate::live::{EphemeralEntry, EphemeralKey};
use crate::post_digest;
use crate::room::RoomError;
use crate::room::in_flight::{InFlight, Requester, Wait, answer_when_recorded};
use crate::room::live_sync::LiveEvent;
use crate::room::registry::Registry;

/// Pause before numbers are asked for again that could not be kept.
const ASK_AGAIN: Duration = Duration::from_millis(500);

impl Actor {
    /// The live store is back, or has answered.
    pub(super) fn recover(&mut self, event: LiveEvent) {
        match event {
            LiveEvent::Loaded(entries) => self.renumber_and_merge(entries),
            LiveEvent::DataLost => self.refill_live_store(),
            LiveEvent::Refilled => {}
        }
    }

    /// Entries are known that were not when the room began. Whoever asked meanwhile has not seen them: they get new
    /// numbers, under which all see them once more, behind what is under way.
    fn renumber_and_merge(&mut self, entries: Vec<EphemeralEntry>) {
        let entries = self.compensation.compensate(&self.services, entries, |seq| self.is_unacknowledged_leftover(seq));
        let (entries, reserved_up_to) = self.state.renumber_late(entries);
        if !entries.is_empty() {
            let reserve = self.persist_reservation(reserved_up_to);
            self.enqueue(Wait::Reserve(reserve), None, Requester::Merge(entries));
        }
    }

    /// Whether a number assigned since the room began belongs to a post that the previous process never acknowledged.
    fn is_unacknowledged_leftover(&self, seq: Seq) -> bool {
        let is_under_way =
            || self.in_flight.iter().any(|write| write.item.as_ref().is_some_and(|item| item.seq == seq));
        self.state.is_from_this_run(seq) && self.state.ephemeral.get(seq).is_none() && !is_under_way()
    }

    /// Whether a post in the live store was never acknowledged.
    pub(super) fn is_unacknowledged(&self, seq: Seq) -> bool {
        self.compensation.contains(seq) || (self.live_sync.is_load_pending() && self.is_unacknowledged_leftover(seq))
    }

    /// Whether the room shows a message that is alive.
    pub(super) fn is_shown_ephemeral(&self, item: Option<&Item>) -> bool {
        item.is_some_and(|item| self.state.is_message_alive(item.seq, self.now()))
    }

    /// Their numbers are kept.
    pub(super) fn merge_late(&mut self, entries: Vec<EphemeralEntry>, registry: &Registry) {
        let room = self.state.id();
        for entry in &entries {
            self.services.observer.item_shown(room, entry.item());
        }
        self.state.merge(entries);
        registry.note_head(room, self.state.shown());
        self.fanout.gap();
    }

    /// Their numbers could not be kept.
    pub(super) fn retry_merge(&mut self, entries: Vec<EphemeralEntry>) {
        self.state.release_seqs();
        self.live_sync.redeliver_after(entries, ASK_AGAIN);
    }

    /// The live store has lost what it held: what this room holds is put there again.
    pub(super) fn refill_live_store(&mut self) {
        self.live_sync.start_refill(self.services.clone(), self.state.ephemeral.entries().cloned().collect());
    }

    /// While the store does not hold what the room does: how an entry of a key that was used ends. None where the key
    /// is new.
    pub(super) fn check_duplicate(&self, key: &EphemeralKey, item: &Item) -> Option<Result<Posted, RoomError>> {
        let first = self.state.ephemeral.by_key(key)?;
        let is_same = match &item.content {
            Content::Message(message) => post_digest::of(key.room, message.body.as_str()) == first.digest(),
            _ => false,
        };
        let (seq, at, expires_at) = (first.item().seq, first.item().at, Some(first.expires_at()));
        Some(if is_same { Ok(Posted { seq, at, duplicate: true, expires_at }) } else { Err(RoomError::KeyReused) })
    }

    /// An entry was refused; an ephemeral one at its address, and whether it is a post. Whether the live store kept it
    /// may not be known: what was refused must not appear later, and what was not kept is not harmed.
    pub(super) fn refuse(&mut self, write: InFlight, key: Option<(EphemeralKey, bool)>, error: RoomError) {
        self.break_chain(write.chain);
        // What was not done, or is not there any more, has nothing to be taken back.
        let is_done_with = match &error {
            RoomError::NotFound | RoomError::KeyReused => true,
            RoomError::Live(error) => !error.is_in_doubt(),
            _ => false,
        };
        let (Some((key, is_post)), Some(item), false) = (key, &write.item, is_done_with) else {
            return self.answer_refused(write.requester, error);
        };
        self.state.release_seqs();
        if matches!(error, RoomError::Store(_)) {
            // Those behind it counted on the same numbers being kept free.
            self.unreserved_up_to = self.state.last_assigned();
        }
        if is_post {
            let noted = self.compensation.undo(&self.services, key, item);
            answer_when_recorded(noted, write.requester, error);
        } else {
            if let Some(before) = self.state.restored(item.seq) {
                drop(self.services.live.restore(key, before, self.now()));
            }
            self.answer_refused(write.requester, error);
        }
    }
}
