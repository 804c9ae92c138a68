//! Completes the change at the front of the queue: the rows from "answered" on of the table in [`super`]. Pure; must not
//! know how the change got there.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::Seq;
use chat_proto::message::{Content, Item};
use chat_proto::time::UnixMillis;

use super::Commit;
use super::event::{Change, Effect, FirstPost, RefusedEphemeral, Shown, Ticket, WriteResult};
use super::queue::{Completed, StoreAnswer};
use crate::live::{EphemeralEntry, EphemeralKey, KEY_KEPT_MS, KeyUse, LiveError};
use crate::room::RoomError;
use crate::store::{ChainPlace, ChangeId};

/// How an ephemeral change ends.
enum Outcome {
    Visible,
    /// The requester has made this post before.
    Duplicate(FirstPost),
    /// The live store holds the key for a post of this number, which was refused or never acknowledged.
    Unacknowledged(Seq),
    /// The live store does not hold the change.
    Refused(RoomError),
    /// The live store may hold the change.
    InDoubt(RoomError),
}

impl Commit {
    /// Decides a change that has its answers.
    pub(super) fn complete(&mut self, completed: Completed, now: UnixMillis) {
        let Completed { ticket, change, answer } = completed;
        if matches!(answer, StoreAnswer::NotReserved(_)) {
            self.seqs.reservation_failed();
        }
        match change {
            Change::Post(entry, chain) => {
                let outcome = self.outcome_of_post(&entry, chain, answer, now);
                self.complete_post(ticket, entry, chain, outcome);
            }
            Change::Revision(key, item) => {
                let outcome = self.outcome_of_revision(&item, answer, now);
                self.complete_revision(ticket, key, item, outcome);
            }
            Change::Loaded(entries) => self.complete_loaded(ticket, entries),
            Change::Persistent(item, chain) => self.complete_persistent(ticket, item, chain, answer),
        }
    }

    fn outcome_of_post(
        &self,
        entry: &EphemeralEntry,
        chain: Option<ChainPlace>,
        answer: StoreAnswer,
        now: UnixMillis,
    ) -> Outcome {
        match answer {
            StoreAnswer::NotReserved(error) => Outcome::InDoubt(error.into()),
            StoreAnswer::Written(WriteResult::Stored) if chain.is_some_and(|place| self.is_chain_broken(place)) => {
                Outcome::InDoubt(RoomError::ChainBroken)
            }
            StoreAnswer::Written(WriteResult::Stored) if !self.seqs.is_reserved(entry.changed()) => {
                Outcome::InDoubt(LiveError::Unavailable.into())
            }
            // The live store lost the key between two attempts, so both were stored.
            StoreAnswer::Written(WriteResult::Stored) if self.index.with_key_of(entry).is_some() => {
                Outcome::InDoubt(LiveError::Unavailable.into())
            }
            StoreAnswer::Written(WriteResult::Stored) => Outcome::Visible,
            StoreAnswer::Written(WriteResult::KeyHeld(first)) if self.was_never_acknowledged(&first, entry, now) => {
                Outcome::Unacknowledged(first.seq)
            }
            StoreAnswer::Written(WriteResult::KeyHeld(first)) if !is_retry(entry, &first) => {
                Outcome::Refused(RoomError::KeyReused)
            }
            StoreAnswer::Written(WriteResult::KeyHeld(first)) => {
                Outcome::Duplicate(FirstPost { seq: first.seq, at: first.at, expires_at: Some(first.expires_at) })
            }
            StoreAnswer::Written(WriteResult::Duplicate(first)) => Outcome::Duplicate(first),
            StoreAnswer::Written(WriteResult::Refused(error)) => refused(error),
        }
    }

    fn outcome_of_revision(&self, item: &Item, answer: StoreAnswer, now: UnixMillis) -> Outcome {
        // `None` if the message has expired meanwhile.
        let visible = self.index.get(item.seq);
        match answer {
            StoreAnswer::NotReserved(error) => Outcome::InDoubt(error.into()),
            StoreAnswer::Written(WriteResult::Stored) if !self.seqs.is_reserved(item.changed) => {
                Outcome::InDoubt(LiveError::Unavailable.into())
            }
            StoreAnswer::Written(WriteResult::Stored) => Outcome::Visible,
            // The live store lost the message; a refill is under way.
            StoreAnswer::Written(WriteResult::Refused(RoomError::NotFound))
                if visible.is_some_and(|entry| entry.is_message() && entry.is_alive(now)) =>
            {
                Outcome::Refused(LiveError::Busy.into())
            }
            StoreAnswer::Written(WriteResult::Refused(error)) => refused(error),
            StoreAnswer::Written(WriteResult::KeyHeld(_)) => Outcome::Refused(RoomError::KeyReused),
            StoreAnswer::Written(WriteResult::Duplicate(first)) => Outcome::Duplicate(first),
        }
    }

    fn complete_post(&mut self, ticket: Ticket, entry: EphemeralEntry, chain: Option<ChainPlace>, outcome: Outcome) {
        let effect = match outcome {
            Outcome::Visible => {
                let item = entry.item();
                self.index.insert(entry);
                Effect::Acknowledge(ticket, Some(Shown { item, is_ephemeral: true }))
            }
            Outcome::Duplicate(first) => Effect::AnswerDuplicate(ticket, first),
            Outcome::Refused(error) => self.refuse(ticket, chain, error),
            Outcome::InDoubt(error) => self.compensate(ticket, &entry, chain, error),
            Outcome::Unacknowledged(first) => {
                self.effects.push(Effect::Undo(entry.key(), first));
                self.refill_behind_queue();
                self.compensate(ticket, &entry, chain, LiveError::Unavailable.into())
            }
        };
        self.effects.push(effect);
    }

    /// Refuses a post that the live store may hold, so that it never appears.
    fn compensate(
        &mut self,
        ticket: Ticket,
        entry: &EphemeralEntry,
        chain: Option<ChainPlace>,
        error: RoomError,
    ) -> Effect {
        self.break_chain(chain);
        self.seqs.reserve_again();
        let seq = entry.seq();
        self.compensation.add(ChangeId::post(seq));
        self.effects.push(Effect::Undo(entry.key(), seq));
        if self.index.with_key_of(entry).is_some() {
            // This post may have kept a refill from storing the visible one.
            self.refill();
        }
        // The live store remembers the key for this long.
        let until = entry.expires_at().plus_ms(KEY_KEPT_MS);
        Effect::NoteThenRefuse(ticket, RefusedEphemeral { id: ChangeId::post(seq), until }, error)
    }

    fn complete_revision(&mut self, ticket: Ticket, key: EphemeralKey, item: Item, outcome: Outcome) {
        let effect = match outcome {
            Outcome::Visible => {
                let item = match self.index.get(item.seq).map(|visible| visible.changed_to(&item)) {
                    Some(Ok(entry)) => {
                        self.index.insert(entry);
                        item
                    }
                    Some(Err(_)) => item,
                    None => without_expired_text(item),
                };
                self.effects.push(Effect::Confirm(key, item.seq, item.changed));
                Effect::Acknowledge(ticket, Some(Shown { item, is_ephemeral: true }))
            }
            Outcome::Duplicate(first) => Effect::AnswerDuplicate(ticket, first),
            Outcome::Refused(error) => Effect::Refuse(ticket, error),
            Outcome::InDoubt(error) => match self.index.get(item.seq).map(EphemeralEntry::expires_at) {
                Some(until) => {
                    self.effects.push(Effect::Revoke(key, item.seq, item.changed));
                    self.seqs.reserve_again();
                    let id = ChangeId { changed: item.changed, seq: item.seq };
                    self.compensation.add(id);
                    Effect::NoteThenRefuse(ticket, RefusedEphemeral { id, until }, error)
                }
                // The message has expired.
                None => Effect::Refuse(ticket, error),
            },
            Outcome::Unacknowledged(_) => Effect::Refuse(ticket, LiveError::Unavailable.into()),
        };
        self.effects.push(effect);
    }

    fn complete_persistent(
        &mut self,
        ticket: Ticket,
        item: Option<Item>,
        chain: Option<ChainPlace>,
        answer: StoreAnswer,
    ) {
        let effect = match answer {
            StoreAnswer::Written(WriteResult::Stored) => {
                Effect::Acknowledge(ticket, item.map(|item| Shown { item, is_ephemeral: false }))
            }
            StoreAnswer::Written(WriteResult::Duplicate(first)) => Effect::AnswerDuplicate(ticket, first),
            StoreAnswer::Written(WriteResult::Refused(error)) => self.refuse(ticket, chain, error),
            StoreAnswer::Written(WriteResult::KeyHeld(_)) => self.refuse(ticket, chain, RoomError::KeyReused),
            StoreAnswer::NotReserved(error) => self.refuse(ticket, chain, error.into()),
        };
        self.effects.push(effect);
    }

    /// Answers a post whose key belongs to a visible message.
    pub(super) fn answer_used(
        &mut self,
        ticket: Ticket,
        entry: &EphemeralEntry,
        chain: Option<ChainPlace>,
        used: &EphemeralEntry,
    ) -> Effect {
        if entry.digest() != used.digest() {
            return self.refuse(ticket, chain, RoomError::KeyReused);
        }
        let first = FirstPost { seq: used.seq(), at: used.item().at, expires_at: Some(used.expires_at()) };
        Effect::AnswerDuplicate(ticket, first)
    }

    fn refuse(&mut self, ticket: Ticket, chain: Option<ChainPlace>, error: RoomError) -> Effect {
        self.break_chain(chain);
        Effect::Refuse(ticket, error)
    }
}

/// Whether a post repeats the first one under its key: same room, same text.
fn is_retry(entry: &EphemeralEntry, first: &KeyUse) -> bool {
    entry.room() == first.room && entry.digest() == first.digest
}

/// The revision of a message that expired while it waited. Nobody would remove its text any more.
fn without_expired_text(item: Item) -> Item {
    match item.content.message().and_then(|message| message.expires_at) {
        Some(expired_at) => Item { content: Content::Expired { expired_at }, ..item },
        None => item,
    }
}

fn refused(error: RoomError) -> Outcome {
    match &error {
        RoomError::Live(live) if live.is_in_doubt() => Outcome::InDoubt(error),
        _ => Outcome::Refused(error),
    }
}
