//! Messages of earlier processes, and messages that the live store has lost. Pure; must not know how entries are loaded
//! or stored.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::Seq;
use chat_proto::message::Item;
use chat_proto::time::UnixMillis;

use super::Commit;
use super::event::{Effect, RefusedEphemeral, Ticket};
use crate::live::{EphemeralEntry, KeyUse};
use crate::store::ChangeId;

impl Commit {
    /// Takes the entries of a live store that answered before the room started. They keep their numbers.
    pub(super) fn load_at_start(&mut self, entries: Vec<EphemeralEntry>) {
        let entries = self.without_refused(entries);
        self.seqs.start_after(entries.iter().map(EphemeralEntry::changed).max().unwrap_or(Seq::ZERO));
        for entry in entries {
            let (key, seq) = (entry.key(), entry.seq());
            let changes: Vec<Seq> = entry.states().map(|item| item.changed).collect();
            let standing = self.without_refused_changes(entry);
            let changed = standing.changed();
            let refused = changes.iter().take_while(|refused| **refused != changed);
            self.effects.extend(refused.map(|refused| Effect::Revoke(key.clone(), seq, *refused)));
            if changes.last() != Some(&changed) {
                self.effects.push(Effect::Confirm(key, seq, changed));
            }
            self.index.insert(standing);
        }
        self.is_loaded = true;
    }

    /// Gives new numbers to entries that were loaded after the room started, in the order of the old ones: clients that
    /// asked in between have not seen them. Returns the entries and the newest number; `None` if there are none.
    pub(super) fn renumber_late(&mut self, entries: Vec<EphemeralEntry>) -> Option<(Vec<EphemeralEntry>, Seq)> {
        let mut entries = self.without_refused(entries);
        // Entries posted by this process are known already.
        entries.retain(|entry| !self.seqs.is_ours(entry.seq()));
        // Of two states the live store keeps the one with the higher number: later changes need higher ones.
        self.seqs.continue_after(entries.iter().map(EphemeralEntry::changed).max().unwrap_or(Seq::ZERO));
        let mut entries: Vec<_> = entries.into_iter().map(|entry| self.without_refused_changes(entry)).collect();
        entries.sort_unstable_by_key(EphemeralEntry::changed);
        let mut newest = None;
        for entry in &mut entries {
            let changed = self.seqs.next();
            if let Ok(renumbered) = entry.changed_to(&Item { changed, ..entry.item() }) {
                *entry = renumbered;
            }
            newest = Some(changed);
        }
        self.is_loaded = newest.is_none();
        newest.map(|newest| (entries, newest))
    }

    /// Leaves out posts that were refused or never acknowledged, and undoes them in the live store.
    fn without_refused(&mut self, entries: Vec<EphemeralEntry>) -> Vec<EphemeralEntry> {
        let is_refused = |entry: &EphemeralEntry| {
            self.compensation.contains(ChangeId::post(entry.seq())) || self.is_unacknowledged(entry)
        };
        let (refused, others): (Vec<_>, Vec<_>) = entries.into_iter().partition(is_refused);
        let undo = |entry: &EphemeralEntry| Effect::Undo(entry.key(), entry.seq());
        self.effects.extend(refused.iter().map(undo));
        if !refused.is_empty() {
            self.refill_behind_queue();
        }
        others
    }

    /// The state of an entry before the changes that earlier processes refused, or never acknowledged: their numbers were
    /// not reserved, and may belong to other items by now.
    fn without_refused_changes(&mut self, entry: EphemeralEntry) -> EphemeralEntry {
        let (seq, until) = (entry.seq(), entry.expires_at());
        // The oldest state is the one that stood before them.
        let unconfirmed = entry.states().take(entry.former().len());
        let unreserved: Vec<Seq> =
            unconfirmed.map(|item| item.changed).filter(|changed| !self.seqs.was_reserved_before(*changed)).collect();
        for changed in unreserved {
            // Later processes cannot tell any more. They must know before a reservation covers the number.
            let id = ChangeId { changed, seq };
            self.compensation.add(id);
            self.effects.push(Effect::Note(RefusedEphemeral { id, until }));
            self.seqs.reserve_again();
        }
        entry.standing(|changed| self.compensation.contains(ChangeId { changed, seq }))
    }

    /// Whether an earlier process stored a post but never acknowledged it: the number was not reserved, and may belong to
    /// another item by now.
    fn is_unacknowledged(&self, entry: &EphemeralEntry) -> bool {
        let seq = entry.seq();
        let is_visible = || self.index.get(seq).is_some_and(|visible| visible.key() == entry.key());
        !self.seqs.was_reserved_before(seq) && !is_visible() && !self.queue.has_post(entry)
    }

    /// Whether the live store holds the key for a post that was refused or never acknowledged.
    pub(super) fn was_never_acknowledged(&self, first: &KeyUse, entry: &EphemeralEntry, now: UnixMillis) -> bool {
        if first.room != entry.room() {
            return false;
        }
        let is_visible = || self.index.with_key_of(entry).is_some_and(|visible| visible.seq() == first.seq);
        let is_known = || {
            is_visible()
                || self.index.may_have_dropped(first.seq)
                || (!self.is_loaded && self.seqs.was_reserved_before(first.seq))
        };
        // No post of this process can have been stored before this one under its number or a later one.
        let is_of_another = first.seq >= entry.seq();
        is_of_another
            || self.compensation.contains(ChangeId::post(first.seq))
            || (now < first.expires_at && !is_known())
    }

    /// Shows late entries if their numbers are reserved; loads them again otherwise.
    pub(super) fn complete_loaded(&mut self, ticket: Ticket, mut entries: Vec<EphemeralEntry>) {
        if entries.iter().any(|entry| !self.seqs.is_reserved(entry.changed())) {
            self.seqs.reserve_again();
            return self.effects.push(Effect::LoadAgain(ticket, entries));
        }
        self.is_loaded = true;
        // A message may have been lost by the live store and posted again.
        entries.retain(|entry| self.index.with_key_of(entry).is_none());
        let has_new_numbers = !entries.is_empty();
        self.effects.push(Effect::ShowLoaded(ticket, entries.iter().map(EphemeralEntry::item).collect()));
        for entry in entries {
            self.index.insert(entry);
        }
        // The live store gets the new numbers, too: the next process must show the messages under them.
        if std::mem::take(&mut self.has_lost_unloaded) || has_new_numbers {
            self.refill();
        }
    }

    /// Refills the live store. A change under way may have been stored before the loss, and is not visible yet: it needs a
    /// second refill.
    pub(super) fn lose_data(&mut self) {
        self.refill();
        self.refill_after = self.queue.last();
        self.has_lost_unloaded = !self.is_loaded;
    }

    /// Refills again once the last change that was under way at a loss has been completed.
    pub(super) fn refill_behind(&mut self, ticket: Ticket) {
        if self.refill_after.is_some_and(|last| last <= ticket) {
            self.refill_after = None;
            self.refill();
        }
    }

    /// An undo of another process's post may hit one under way that has the same key and number: refills behind it.
    pub(super) fn refill_behind_queue(&mut self) {
        self.refill_after = self.queue.last().or(self.refill_after);
    }

    /// Stores all visible messages in the live store.
    pub(super) fn refill(&mut self) {
        self.effects.push(Effect::Refill(self.index.entries().cloned().collect()));
    }
}
