//! Carries out the effects of the commit: asks the stores, answers requesters, shows items. Must not know why the commit
//! wants them.

use std::sync::atomic::Ordering;
use std::time::Duration;

use chat_proto::message::Item;
use chat_proto::server_frame::{Event as Frame, Update};

use super::Actor;
use crate::push::Push;
use crate::room::commit::{Change, Effect, Event, RefusedEphemeral, Shown, Ticket};
use crate::room::in_flight::{Requester, Write, refuse_when_noted};
use crate::room::live_sync::LiveEvent;
use crate::store::RefusedChange;

/// Pause before the numbers of late entries are reserved again.
const LOAD_AGAIN: Duration = Duration::from_millis(500);

impl Actor {
    /// Hands a change to the commit. `write` is the write of a persistent change, already submitted.
    pub(super) fn accept(&mut self, requester: Requester, write: Option<Write>, change: Change) {
        let ticket = self.in_flight.push(requester, write);
        self.on(Event::Accepted(ticket, change));
    }

    /// Answers a request that changes nothing once the changes before it are completed.
    pub(super) fn accept_unchanged(&mut self, requester: Requester) {
        self.accept(requester, None, Change::Persistent(None, None));
    }

    pub(super) fn on_live_event(&mut self, event: LiveEvent) {
        match event {
            LiveEvent::Loaded(entries) => {
                self.accept(Requester::Nobody, None, Change::Loaded(entries));
                self.note_loaded();
            }
            LiveEvent::DataLost => self.on(Event::DataLost),
            LiveEvent::Refilled => {}
        }
    }

    pub(super) fn on(&mut self, event: Event) {
        let effects = self.state.commit.on(event, self.now());
        self.carry_out(effects);
    }

    pub(super) fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            self.carry_out_one(effect);
        }
    }

    /// Lets the ephemeral messages count as unread once all of them are known.
    fn note_loaded(&self) {
        if self.state.commit.is_loaded() {
            self.directory.living.know(self.state.id(), *self.services.live.losses().borrow());
        }
    }

    fn carry_out_one(&mut self, effect: Effect) {
        let (room, now) = (self.state.id(), self.now());
        let (store, live) = (&self.services.store, &self.services.live);
        match effect {
            Effect::Reserve(ticket, up_to) => {
                let reservation = store.reserve_seqs(room, up_to);
                if let Some(change) = self.in_flight.get_mut(ticket) {
                    change.reservation = Some(reservation);
                }
            }
            Effect::Write(ticket, entry) => self.wait_for(ticket, Write::Put(live.put(entry, now))),
            Effect::Replace(ticket, key, item) => self.wait_for(ticket, Write::Replace(live.replace(key, item, now))),
            Effect::Confirm(key, seq, changed) => drop(live.confirm(key, seq, changed)),
            Effect::Undo(key, seq) => drop(live.undo(key, seq)),
            Effect::Revoke(key, seq, changed) => drop(live.revoke(key, seq, changed)),
            Effect::Refill(entries) => self.live_sync.start_refill(self.services.clone(), entries),
            Effect::Acknowledge(ticket, shown) => self.acknowledge(ticket, shown),
            Effect::AnswerDuplicate(ticket, first) => {
                if let Some(change) = self.in_flight.remove(ticket) {
                    Self::answer_duplicate(change.requester, first);
                }
            }
            Effect::Refuse(ticket, error) => {
                if let Some(change) = self.in_flight.remove(ticket) {
                    self.answer_refused(change.requester, error);
                }
            }
            Effect::NoteThenRefuse(ticket, refused, error) => {
                let noted = store.note_refused(RefusedChange { room, id: refused.id, at: now, until: refused.until });
                if let Some(change) = self.in_flight.remove(ticket) {
                    refuse_when_noted(&self.services.tasks, noted, change.requester, error);
                }
            }
            Effect::Note(RefusedEphemeral { id, until }) => {
                // Queued before the next reservation. If it fails, so does that one.
                drop(store.note_refused(RefusedChange { room, id, at: now, until }));
            }
            Effect::ShowLoaded(ticket, items) => {
                self.in_flight.remove(ticket);
                self.show_loaded(&items);
            }
            Effect::LoadAgain(ticket, entries) => {
                self.in_flight.remove(ticket);
                self.live_sync.redeliver_after(entries, LOAD_AGAIN);
            }
        }
    }

    fn wait_for(&mut self, ticket: Ticket, write: Write) {
        if let Some(change) = self.in_flight.get_mut(ticket) {
            change.write = Some(write);
        }
    }

    fn acknowledge(&mut self, ticket: Ticket, shown: Option<Shown>) {
        let Some(change) = self.in_flight.remove(ticket) else { return };
        if let Requester::Leave(user, Some(_), _) = &change.requester {
            return self.complete_leave(*user, change, shown);
        }
        self.answer_stored(change.requester, shown.as_ref().map(|shown| &shown.item), change.accepted_at);
        if let Some(shown) = shown {
            self.show(shown);
        }
    }

    /// Shows an item to every listener.
    pub(super) fn show(&mut self, Shown { item, is_ephemeral }: Shown) {
        let room = self.state.id();
        let prev = self.state.show(&item, is_ephemeral);
        if is_ephemeral {
            self.directory.note_head(room, self.state.head());
            self.directory.living.show(room, &item, self.now());
        }
        self.services.observer.item_shown(room, &item);
        self.fanout.event(&Push::new(Frame { room, seq: item.changed, prev, is_ephemeral, update: Update::of(item) }));
        self.services.counters.deliveries.fetch_add(self.fanout.len() as u64, Ordering::Relaxed);
    }

    /// Shows the ephemeral messages that were not known when the room started. Listeners get a gap, and ask for them.
    fn show_loaded(&mut self, items: &[Item]) {
        let room = self.state.id();
        for item in items {
            self.services.observer.item_shown(room, item);
            self.directory.living.show(room, item, self.now());
        }
        self.note_loaded();
        self.state.show_loaded(items);
        self.directory.note_head(room, self.state.head());
        self.fanout.gap();
    }
}
