//! Models of the stores with their failures: answers that get lost, writes that are carried out without an answer, data
//! that is lost.

use std::collections::{HashMap, VecDeque};

use crate::live::{EphemeralEntry, EphemeralKey, KEY_KEPT_MS, KeyUse, LiveError};
use crate::room::RoomError;
use crate::room::commit::event::RefusedEphemeral;
use crate::room::commit::{Event, Ticket, WriteResult};
use crate::store::{BrokenChains, ChainPlace, ChangeId, StoreError};
use chat_proto::ids::Seq;
use chat_proto::message::Item;
use chat_proto::time::UnixMillis;

/// How a store carries out its next operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Luck {
    /// Done and answered.
    Works,
    /// Done, and the answer is lost.
    Unheard,
    /// Not done, and the answer is lost.
    Vanishes,
    /// Not done, and answered so.
    Fails,
}

impl Luck {
    fn is_done(self) -> bool {
        matches!(self, Self::Works | Self::Unheard)
    }
}

#[derive(Clone, Debug)]
pub(super) enum Request {
    Reserve(Ticket, Seq),
    Append(Ticket, Seq, Option<ChainPlace>),
    /// Without a ticket nobody waits for it.
    Note(Option<Ticket>, RefusedEphemeral),
}

/// The result of an operation of the database.
pub(super) enum Done {
    Answer(Event),
    Appended(Seq, Event),
    Noted(Option<Ticket>),
}

#[derive(Debug)]
pub(super) struct Database {
    pub head: Seq,
    pub reserved_up_to: Seq,
    pub refused: Vec<ChangeId>,
    pub queue: VecDeque<Request>,
    broken_chains: BrokenChains,
}

impl Database {
    pub(super) fn new() -> Self {
        Self {
            head: Seq::ZERO,
            reserved_up_to: Seq::ZERO,
            refused: Vec::new(),
            queue: VecDeque::new(),
            broken_chains: BrokenChains::new(1024),
        }
    }

    pub(super) fn step(&mut self, luck: Luck) -> Option<Done> {
        let fails = luck != Luck::Works;
        let failed = if luck == Luck::Fails { StoreError::Busy } else { StoreError::Closed };
        Some(match self.queue.pop_front()? {
            Request::Reserve(ticket, _) if fails => Done::Answer(Event::Reserved(ticket, Err(failed))),
            Request::Reserve(ticket, up_to) => {
                self.reserved_up_to = self.reserved_up_to.max(up_to);
                Done::Answer(Event::Reserved(ticket, Ok(())))
            }
            Request::Append(ticket, _, Some(place)) if self.broken_chains.is_broken(place) => {
                Done::Answer(Event::Written(ticket, WriteResult::Refused(RoomError::ChainBroken)))
            }
            Request::Append(ticket, _, chain) if fails => {
                if let Some(place) = chain {
                    self.broken_chains.refuse(place);
                }
                Done::Answer(Event::Written(ticket, WriteResult::Refused(failed.into())))
            }
            Request::Append(ticket, seq, _) => {
                self.head = self.head.max(seq);
                Done::Appended(seq, Event::Written(ticket, WriteResult::Stored))
            }
            Request::Note(ticket, refused) => {
                self.refused.push(refused.id);
                Done::Noted(ticket)
            }
        })
    }
}

#[derive(Clone, Debug)]
pub(super) enum Operation {
    /// Without a ticket it belongs to a refill.
    Put(Option<Ticket>, EphemeralEntry),
    Replace(Ticket, EphemeralKey, Item),
    Confirm(EphemeralKey, Seq, Seq),
    Revoke(EphemeralKey, Seq, Seq),
    Undo(EphemeralKey, Seq),
    Restore(EphemeralKey, Item),
}

#[derive(Debug, Default)]
pub(super) struct LiveStore {
    held: HashMap<EphemeralKey, EphemeralEntry>,
    keys: HashMap<EphemeralKey, KeyUse>,
    pub queue: VecDeque<Operation>,
}

impl LiveStore {
    pub(super) fn alive(&self, now: UnixMillis) -> Vec<EphemeralEntry> {
        let mut alive: Vec<_> = self.held.values().filter(|entry| entry.is_alive(now)).cloned().collect();
        alive.sort_unstable_by_key(EphemeralEntry::seq);
        alive
    }

    pub(super) fn get(&self, key: &EphemeralKey) -> Option<&EphemeralEntry> {
        self.held.get(key)
    }

    pub(super) fn knows_key(&self, key: &EphemeralKey, now: UnixMillis) -> bool {
        self.keys.get(key).is_some_and(|used| now < used.expires_at.plus_ms(KEY_KEPT_MS))
    }

    /// Loses all data; returns the lost entries.
    pub(super) fn lose_data(&mut self) -> impl Iterator<Item = EphemeralEntry> {
        self.keys.clear();
        std::mem::take(&mut self.held).into_values()
    }

    /// Confirm, revoke, undo and restore always succeed: the store promises to repeat them.
    pub(super) fn step(&mut self, luck: Luck, now: UnixMillis) -> Option<Event> {
        let (ticket, result) = match self.queue.pop_front()? {
            Operation::Confirm(key, seq, changed) => {
                self.decide(&key, seq, |held| held.confirmed(changed));
                return None;
            }
            Operation::Revoke(key, seq, changed) => {
                self.decide(&key, seq, |held| held.revoked(changed));
                return None;
            }
            Operation::Undo(key, seq) => {
                self.undo(&key, seq);
                return None;
            }
            Operation::Restore(key, item) => {
                self.restore(&key, &item, now);
                return None;
            }
            Operation::Put(None, entry) if luck == Luck::Works => {
                self.refill(entry, now);
                return None;
            }
            Operation::Put(ticket, entry) => (ticket, luck.is_done().then(|| self.put(entry, now))),
            Operation::Replace(ticket, key, item) => {
                (Some(ticket), luck.is_done().then(|| self.replace(&key, &item, now)))
            }
        };
        let result = match luck {
            Luck::Works => result?,
            Luck::Unheard | Luck::Vanishes => WriteResult::Refused(LiveError::Unavailable.into()),
            Luck::Fails => WriteResult::Refused(LiveError::Down.into()),
        };
        Some(Event::Written(ticket?, result))
    }

    /// An entry that is held in an older state gets the newer one.
    fn refill(&mut self, entry: EphemeralEntry, now: UnixMillis) {
        // Not covered: an entry that expires between its submission and its execution keeps its key.
        if !entry.is_alive(now) {
            return;
        }
        let (key, item) = (entry.key(), entry.item());
        match self.put(entry, now) {
            WriteResult::KeyHeld(used) if used.seq == item.seq => self.queue.push_back(Operation::Restore(key, item)),
            _ => {}
        }
    }

    fn put(&mut self, entry: EphemeralEntry, now: UnixMillis) -> WriteResult {
        let key = entry.key();
        if self.knows_key(&key, now) {
            return WriteResult::KeyHeld(Box::new(self.keys[&key].clone()));
        }
        let (room, seq, at) = (key.room, entry.seq(), entry.item().at);
        let used = KeyUse { room, seq, at, expires_at: entry.expires_at(), digest: entry.digest() };
        self.keys.insert(key.clone(), used);
        self.held.insert(key, entry);
        WriteResult::Stored
    }

    fn replace(&mut self, key: &EphemeralKey, item: &Item, now: UnixMillis) -> WriteResult {
        let missing = WriteResult::Refused(RoomError::NotFound);
        match self.held.get_mut(key) {
            Some(held) if held.is_alive(now) && held.is_message() && held.seq() == item.seq => {
                if item.changed > held.changed() {
                    *held = held.replaced_by(item).expect("a state of it");
                }
                WriteResult::Stored
            }
            Some(_) | None => missing,
        }
    }

    fn decide(&mut self, key: &EphemeralKey, seq: Seq, decide: impl FnOnce(EphemeralEntry) -> EphemeralEntry) {
        if let Some(held) = self.held.get_mut(key).filter(|held| held.seq() == seq) {
            *held = decide(held.clone());
        }
    }

    /// Also brings back a deleted message.
    fn restore(&mut self, key: &EphemeralKey, item: &Item, now: UnixMillis) {
        let is_older = |held: &&mut EphemeralEntry| held.seq() == item.seq && held.changed() < item.changed;
        if let Some(held) = self.held.get_mut(key).filter(is_older)
            && held.is_alive(now)
        {
            *held = held.changed_to(item).expect("a state of it");
        }
    }

    pub(super) fn undo(&mut self, key: &EphemeralKey, seq: Seq) {
        if self.keys.get(key).is_some_and(|used| used.seq == seq) {
            self.keys.remove(key);
            self.held.remove(key);
        }
    }
}
