//! What a room makes good after the live store was away: what was refused is taken back, what is alive is learned late,
//! and what the store has lost is put there again.

use std::time::Duration;

use chat_proto::ids::Seq;
use chat_proto::message::{Item, What};
use chat_proto::request::Posted;

use super::Actor;
use crate::live::{Address, Entry};
use crate::post_digest;
use crate::room::RoomError;
use crate::room::flight::{Asker, Flight, Wait, answer_later, break_off};
use crate::room::registry::Registry;
use crate::room::tides::Tide;

/// Pause before numbers are asked for again that could not be kept.
const ASK_AGAIN: Duration = Duration::from_millis(500);

impl Actor {
    /// The live store is back, or has answered.
    pub(super) fn recover(&mut self, tide: Tide) {
        match tide {
            Tide::Late(entries) => self.learn(entries),
            Tide::Lost => self.put_back(),
            Tide::PutBack => {}
        }
    }

    /// Entries are known that were not when the room began. Whoever asked meanwhile has not seen them: they get new
    /// numbers, under which all see them once more, behind what is under way.
    fn learn(&mut self, entries: Vec<Entry>) {
        let entries = self.refused.sort_out(&self.services, entries, |seq| self.is_a_ghost(seq));
        let (entries, ceiling) = self.state.number_late(entries);
        if !entries.is_empty() {
            let reserve = self.reserve(ceiling);
            self.fly(Wait::Reserve(reserve), None, Asker::Learn(entries));
        }
    }

    /// Whether a number given since the room began is another's: of a post that the former process never acknowledged.
    fn is_a_ghost(&self, seq: Seq) -> bool {
        let is_under_way =
            || self.flights.iter().any(|flight| flight.item.as_ref().is_some_and(|item| item.seq == seq));
        self.state.is_from_since(seq) && self.state.alive.get(seq).is_none() && !is_under_way()
    }

    /// Whether a post the live store knows of never stood.
    pub(super) fn never_stood(&self, seq: Seq) -> bool {
        self.refused.holds(seq) || (self.tides.are_late() && self.is_a_ghost(seq))
    }

    /// Whether the room shows a message that is alive.
    pub(super) fn is_shown_alive(&self, item: Option<&Item>) -> bool {
        item.is_some_and(|item| self.state.is_message_alive(item.seq, self.now()))
    }

    /// Their numbers are kept.
    pub(super) fn learned(&mut self, entries: Vec<Entry>, registry: &Registry) {
        let room = self.state.id();
        for entry in &entries {
            self.services.witness.shown(room, entry.item());
        }
        self.state.adopt(entries);
        registry.note_head(room, self.state.shown());
        self.fanout.gap(room);
    }

    /// Their numbers could not be kept.
    pub(super) fn learn_later(&mut self, entries: Vec<Entry>) {
        self.state.reserve_failed();
        self.tides.learn_later(entries, ASK_AGAIN);
    }

    /// The live store has lost what it held: what this room holds is put there again.
    pub(super) fn put_back(&mut self) {
        self.tides.put_back(self.services.clone(), self.state.alive.entries().cloned().collect());
    }

    /// While the store does not hold what the room does: how an entry of a key that was used ends. None where the key
    /// is new.
    pub(super) fn used_key(&self, address: &Address, item: &Item) -> Option<Result<Posted, RoomError>> {
        let first = self.state.alive.at(address)?;
        let is_same = match &item.what {
            What::Message(message) => post_digest::of(address.room, message.body.as_str()) == first.digest(),
            _ => false,
        };
        let (seq, at, expires_at) = (first.item().seq, first.item().at, Some(first.expires_at()));
        Some(if is_same { Ok(Posted { seq, at, duplicate: true, expires_at }) } else { Err(RoomError::KeyReused) })
    }

    /// An entry was refused; an ephemeral one at its address, and whether it is a post. Whether the live store kept it
    /// may not be known: what was refused must not appear later, and what was not kept is not harmed.
    pub(super) fn refuse(&mut self, flight: Flight, address: Option<(Address, bool)>, error: RoomError) {
        break_off(flight.chain.as_ref());
        // What was not done, or is not there any more, has nothing to be taken back.
        let is_done_with = match &error {
            RoomError::NotFound | RoomError::KeyReused => true,
            RoomError::Live(error) => !error.is_in_doubt(),
            _ => false,
        };
        let (Some((address, is_post)), Some(item), false) = (address, &flight.item, is_done_with) else {
            return self.answer_refused(flight.asker, error);
        };
        self.state.reserve_failed();
        if matches!(error, RoomError::Store(_)) {
            // Those behind it counted on the same numbers being kept free.
            self.unreserved = self.state.given();
        }
        if is_post {
            let noted = self.refused.take_back(&self.services, address, item);
            answer_later(noted, flight.asker, error);
        } else {
            if let Some(before) = self.state.restored(item.seq) {
                drop(self.services.live.restore(address, before, self.now()));
            }
            self.answer_refused(flight.asker, error);
        }
    }
}
