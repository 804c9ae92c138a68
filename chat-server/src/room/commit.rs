//! The commit of a room's changes: under which number each is shown, and whether it is shown at all. Pure: events in,
//! effects out. Must not know clocks, tasks or stores: the actor carries out the effects and reports what the stores
//! answered.
//!
//! Changes wait in one queue, in the order of their acceptance, and are completed in that order. A persistent change is
//! decided by the database. An ephemeral post, edit or deletion goes to the live store as soon as it is accepted, and is
//! decided when it reaches the front and has all its answers:
//!
//! | state | event or condition | next state | effects |
//! |---|---|---|---|
//! | accepted | its key belongs to a visible message | done | `AnswerDuplicate`; another text: `Refuse` |
//! | accepted | no reservation covers its number | reserving | `Reserve`, `Write` or `Replace` |
//! | accepted | a reservation covers its number | writing | `Write` or `Replace` |
//! | reserving | reserved | writing, or answered | |
//! | reserving | not reserved | in doubt | no ephemeral change may be shown under a number given so far |
//! | writing | the live store answers | answered | |
//! | writing | 50 ms at the front have passed | in doubt | |
//! | answered: stored | an earlier post of its chain was refused | in doubt | |
//! | answered: stored | the reservation it depends on has failed | in doubt | |
//! | answered: stored | its key belongs to a visible message | in doubt | `Refill` |
//! | answered: stored | otherwise | visible | `Acknowledge`; of an edit or a deletion `Confirm`, too |
//! | answered: key held | by a post that was refused or never acknowledged | in doubt | `Undo` of that post |
//! | answered: key held | by the same text in this room | done | `AnswerDuplicate` |
//! | answered: key held | otherwise | refused | `Refuse` |
//! | answered: no such message | it is visible here | refused | `Refuse` as busy: the refill will bring it back |
//! | answered: failed | the live store cannot hold it | refused | `Refuse` |
//! | answered: failed | the live store may hold it | in doubt | |
//! | in doubt | a post | compensated | `Undo`, `NoteThenRefuse` |
//! | in doubt | an edit or a deletion | compensated | `Revoke`, `NoteThenRefuse` |
//!
//! A post that is refused or compensated breaks its chain. A compensated change never becomes visible, nor does a later
//! process show it: the database notes its number before the requester is answered. So that a later process can go back
//! behind a refused edit or deletion, the live store keeps the former state of a message until the change is confirmed or
//! revoked.
//!
//! Two events concern many messages at once:
//!
//! - The live store lost its data: `Refill` with all visible messages, and again once the changes that were under way have
//!   been completed.
//! - The live store did not answer when the room started, and answers now: posts that were refused or never acknowledged
//!   are undone; the others get new numbers, are shown when these are reserved (`ShowLoaded`, else `LoadAgain`), and are
//!   stored under them (`Refill`).
//!
//! Known limits:
//!
//! - If a process ends before its number is reserved, the next one may give the number to another change. If that one also
//!   ends before the live store has undone the first post, the third cannot tell the two apart.
//! - If a change is refused while both stores fail, and the process ends before either works again, the next one knows of
//!   the refusal only if the number was not reserved.
//! - A process that ends right after `ShowLoaded` may not have stored the new numbers.

#![deny(clippy::disallowed_methods)]

mod compensation;
mod event;
mod outcome;
mod queue;
mod recovery;
mod seqs;

use chat_proto::ids::Seq;
use chat_proto::time::UnixMillis;

use self::compensation::Compensation;
pub(super) use self::event::{Change, Effect, Event, FirstPost, RefusedEphemeral, Shown, Ticket, WriteResult};
use self::queue::{Queue, Stage};
use self::seqs::Seqs;
use super::ephemeral_index::EphemeralIndex;
use crate::live::EphemeralEntry;
use crate::store::{BrokenChains, ChainPlace, ChangeId};

/// Broken chains kept in memory: more than can have posts under way.
const BROKEN_CHAINS: usize = 1024;

/// The changes of one room.
#[derive(Debug)]
pub(super) struct Commit {
    pub seqs: Seqs,
    /// The ephemeral messages that are visible.
    pub index: EphemeralIndex,
    queue: Queue,
    compensation: Compensation,
    broken_chains: BrokenChains,
    /// Whether the ephemeral messages of earlier processes are known.
    is_loaded: bool,
    /// The live store lost its data while changes up to this one were under way.
    refill_after: Option<Ticket>,
    /// The live store lost its data while the messages of earlier processes were not known.
    has_lost_unloaded: bool,
    /// Of the current event; empty between events.
    effects: Vec<Effect>,
}

impl Commit {
    /// The commit of a room that starts. `head` and `reserved_up_to` are the database's, `refused` the posts it noted as
    /// refused; `loaded` is what the live store holds, `None` if it did not answer. The effects come first of all.
    pub(super) fn start(
        head: Seq,
        reserved_up_to: Seq,
        refused: Vec<ChangeId>,
        loaded: Option<Vec<EphemeralEntry>>,
    ) -> (Self, Vec<Effect>) {
        let compensation = Compensation::new(refused);
        let mut commit = Self {
            // The number of a refused post that was not reserved must not become another one's.
            seqs: Seqs::new(head.max(compensation.newest()), reserved_up_to),
            index: EphemeralIndex::default(),
            queue: Queue::default(),
            compensation,
            broken_chains: BrokenChains::new(BROKEN_CHAINS),
            is_loaded: false,
            refill_after: None,
            has_lost_unloaded: false,
            effects: Vec::new(),
        };
        if let Some(entries) = loaded {
            commit.load_at_start(entries);
        }
        let effects = std::mem::take(&mut commit.effects);
        (commit, effects)
    }

    /// Whether the ephemeral messages of earlier processes are known.
    pub(super) fn is_loaded(&self) -> bool {
        self.is_loaded
    }

    /// Whether a change of the item `seq` is under way.
    pub(super) fn is_changing(&self, seq: Seq) -> bool {
        self.queue.changes(seq)
    }

    /// Whether an earlier post of the chain was refused.
    pub(super) fn is_chain_broken(&self, place: ChainPlace) -> bool {
        self.broken_chains.is_broken(place)
    }

    /// Notes that a post was refused: later posts of its chain will be, too.
    pub(super) fn break_chain(&mut self, chain: Option<ChainPlace>) {
        if let Some(place) = chain {
            self.broken_chains.refuse(place);
        }
    }

    /// Takes an event; returns what is to be done about it, in order.
    pub(super) fn on(&mut self, event: Event, now: UnixMillis) -> Vec<Effect> {
        match event {
            Event::Accepted(ticket, change) => self.accept(ticket, change),
            Event::Reserved(ticket, result) => self.queue.reserved(ticket, result),
            Event::Written(ticket, result) => self.queue.written(ticket, result),
            Event::TimedOut(ticket) => self.queue.timed_out(ticket),
            Event::DataLost => self.lose_data(),
        }
        while let Some(completed) = self.queue.pop_completed() {
            let ticket = completed.ticket;
            self.complete(completed, now);
            self.refill_behind(ticket);
        }
        std::mem::take(&mut self.effects)
    }

    fn accept(&mut self, ticket: Ticket, change: Change) {
        let (change, stage) = match change {
            Change::Post(entry, chain) => {
                // Asked here first: the live store may have lost the key.
                if let Some(used) = self.index.with_key_of(&entry).cloned() {
                    let effect = self.answer_used(ticket, &entry, chain, &used);
                    return self.effects.push(effect);
                }
                let stage = self.reserve(ticket, entry.changed());
                self.effects.push(Effect::Write(ticket, entry.clone()));
                (Change::Post(entry, chain), stage)
            }
            Change::Revision(key, item) => {
                let stage = self.reserve(ticket, item.changed);
                self.effects.push(Effect::Replace(ticket, key.clone(), item.clone()));
                (Change::Revision(key, item), stage)
            }
            Change::Loaded(entries) => {
                let Some((entries, newest)) = self.renumber_late(entries) else {
                    return self.effects.push(Effect::Acknowledge(ticket, None));
                };
                let stage = self.reserve(ticket, newest).stored();
                (Change::Loaded(entries), stage)
            }
            Change::Persistent(Some(item), chain) => (Change::Persistent(Some(item), chain), Stage::Writing),
            Change::Persistent(None, chain) => (Change::Persistent(None, chain), Stage::Writing.stored()),
        };
        self.queue.push(ticket, change, stage);
    }

    /// Sees to it that `seq` is reserved before it is shown.
    fn reserve(&mut self, ticket: Ticket, seq: Seq) -> Stage {
        let Some(up_to) = self.seqs.reserve(seq) else { return Stage::Writing };
        self.effects.push(Effect::Reserve(ticket, up_to));
        Stage::Reserving(None)
    }
}

#[cfg(test)]
mod tests;
