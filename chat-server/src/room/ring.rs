//! The last events of a room, which let clients catch up without a query, and its last messages, which open it without one.
//! Each item is held once. Pure; must not know who asks.

#![deny(clippy::disallowed_methods)]

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use chat_proto::ids::Seq;
use chat_proto::limits::page_items_max;
use chat_proto::message::{Content, Item};

use super::join_runs::JoinRuns;
use super::ring_bounds::RingBounds;
use crate::store::StoredHistory;

/// Runs of joins that are kept of a room's end: as many as its items part, and some that ephemeral messages part.
const RUNS_MAX: usize = 150;

/// The last events by rising number, and the room's end.
#[derive(Debug)]
pub(super) struct Ring {
    /// The items in their present state. Invariant: each is one of an event, or stands at the room's end.
    items: BTreeMap<Seq, Held>,
    /// Each event's number and the place of its item.
    events: VecDeque<(Seq, Seq)>,
    end: End,
    bounds: Arc<RingBounds>,
    /// Bytes of the texts in `items`. Invariant: they are taken from `bounds`.
    text_bytes: usize,
    /// All changes after this number are here.
    reaches_back_to: Seq,
    /// The database has removed the persistent messages up to this number.
    pruned_to: Seq,
}

/// An item.
#[derive(Debug)]
struct Held {
    item: Item,
    /// How many of the events are changes of it.
    events: usize,
    is_ephemeral: bool,
    /// Whether it is a join or leave, which the room's end has condensed. A damaged one does not say so itself.
    is_join: bool,
}

impl Held {
    /// Whether it belongs to the end of a room that begins at `from`. Ephemeral messages are kept elsewhere, and joins
    /// condensed.
    fn is_at_end(&self, from: Seq) -> bool {
        self.item.seq >= from && !self.is_ephemeral && !self.is_join
    }
}

/// The end of a room.
#[derive(Debug)]
struct End {
    /// All of its persistent items from here on are held.
    from: Seq,
    items: usize,
    messages: usize,
    joins: JoinRuns,
}

impl Ring {
    /// A ring of the newest items, by rising `changed`, and the room's end. `is_whole`: the room has no other items.
    pub(super) fn refill(
        bounds: Arc<RingBounds>,
        (recent, is_whole): (Vec<Item>, bool),
        end: StoredHistory,
        head: Seq,
    ) -> Self {
        // Changes between the first item and the one before it are unknown.
        let reaches_back_to = match recent.first() {
            _ if is_whole => Seq::ZERO,
            Some(first) => first.changed,
            None => head,
        };
        let from = if end.is_whole { Seq::ZERO } else { end.items.last().map_or(head.next(), |oldest| oldest.seq) };
        let last_item = end.items.first().map_or(Seq::ZERO, |newest| newest.seq);
        let joins = JoinRuns::of_stored(end.joins, last_item);
        let mut ring = Self {
            items: BTreeMap::new(),
            events: VecDeque::with_capacity(recent.len()),
            end: End { from, items: 0, messages: 0, joins },
            bounds,
            text_bytes: 0,
            reaches_back_to,
            pruned_to: Seq::ZERO,
        };
        for item in recent {
            ring.events.push_back((item.changed, item.seq));
            ring.put(item, (1, false));
        }
        for item in end.items {
            ring.put(item, (0, false));
        }
        ring.count_end();
        ring.shrink();
        ring
    }

    /// Counts the items at the room's end.
    fn count_end(&mut self) {
        let at_end = self.items.range(self.end.from..).filter(|(_, held)| held.is_at_end(self.end.from));
        let (mut items, mut messages) = (0, 0);
        for (_, held) in at_end {
            items += 1;
            messages += usize::from(held.item.content.is_message_place());
        }
        (self.end.items, self.end.messages) = (items, messages);
    }

    /// Changes up to `number`, of items up to `number`, may be missing.
    pub(super) fn mark_incomplete_to(&mut self, number: Seq) {
        self.reaches_back_to = self.reaches_back_to.max(number);
        self.end.joins.note_item(number);
    }

    /// Adds an event that was shown.
    pub(super) fn push(&mut self, item: Item, is_ephemeral: bool) {
        if item.seq <= self.pruned_to && !is_ephemeral && item.content.is_message_place() {
            return;
        }
        if item.changed == item.seq {
            self.extend_end(&item, is_ephemeral);
        }
        self.events.push_back((item.changed, item.seq));
        self.put(item, (1, is_ephemeral));
        self.shrink();
    }

    /// Holds an item in its present state.
    fn put(&mut self, item: Item, (events, is_ephemeral): (usize, bool)) {
        let (seq, now) = (item.seq, text_bytes(&item));
        let before = if let Some(held) = self.items.get_mut(&seq) {
            held.events += events;
            text_bytes(&std::mem::replace(&mut held.item, item))
        } else {
            let is_damaged_join = matches!(item.content, Content::Damaged) && self.end.joins.hold(seq);
            let is_join = is_damaged_join || item.content.join().is_some();
            self.items.insert(seq, Held { item, events, is_ephemeral, is_join });
            0
        };
        self.hold(before, now);
    }

    /// Counts texts of this many bytes instead of others.
    fn hold(&mut self, before: usize, now: usize) {
        self.bounds.release(before);
        self.bounds.take(now);
        self.text_bytes = self.text_bytes + now - before;
    }

    /// A new item stands at the room's end.
    fn extend_end(&mut self, item: &Item, is_ephemeral: bool) {
        if let Some(is_join) = item.content.join() {
            return self.end.joins.push(item, is_join);
        }
        self.end.joins.note_item(item.seq);
        if !is_ephemeral {
            self.end.items += 1;
            self.end.messages += usize::from(item.content.is_message_place());
        }
    }

    /// Drops the oldest until the ring is within its bounds. The ring that grows makes room, not another one.
    fn shrink(&mut self) {
        while RingBounds::are_exceeded_at_end(self.end.messages, self.end.items) {
            let Some(oldest) = self.oldest_at_end() else { break };
            self.begin_end_at(oldest.next());
        }
        while self.end.joins.len() > RUNS_MAX {
            let Some(oldest) = self.end.joins.oldest() else { break };
            self.begin_end_at(oldest.next());
        }
        while self.bounds.are_exceeded(self.events.len(), self.text_bytes) {
            let front = self.events.front().copied();
            if let Some(event) = front.filter(|_| self.events.len() > self.bounds.events) {
                self.drop_event(event);
                continue;
            }
            match (front, self.oldest_at_end()) {
                (None, None) => return,
                (Some((number, _)), Some(oldest)) if number > oldest => self.begin_end_at(oldest.next()),
                (None, Some(oldest)) => self.begin_end_at(oldest.next()),
                (Some(event), _) => self.drop_event(event),
            }
        }
    }

    /// The place of the oldest item at the room's end.
    fn oldest_at_end(&self) -> Option<Seq> {
        self.items.range(self.end.from..).find(|(_, held)| held.is_at_end(self.end.from)).map(|(seq, _)| *seq)
    }

    /// Holds the room's end only from a later place on.
    fn begin_end_at(&mut self, from: Seq) {
        while let Some(oldest) = self.oldest_at_end().filter(|oldest| *oldest < from) {
            self.end.from = oldest.next();
            self.leave_end(oldest);
        }
        self.end.from = from;
        let first = self.oldest_at_end().unwrap_or(from);
        self.end.joins.drop_below(first);
    }

    /// An item does not belong to the room's end any more.
    fn leave_end(&mut self, seq: Seq) {
        let Some(held) = self.items.get(&seq) else { return };
        self.end.items -= 1;
        self.end.messages -= usize::from(held.item.content.is_message_place());
        if held.events == 0 {
            self.remove(seq);
        }
    }

    /// Drops the oldest event.
    fn drop_event(&mut self, (number, seq): (Seq, Seq)) {
        self.events.pop_front();
        self.reaches_back_to = self.reaches_back_to.max(number);
        let Some(held) = self.items.get_mut(&seq) else { return };
        held.events -= 1;
        if held.events == 0 && !held.is_at_end(self.end.from) {
            self.remove(seq);
        }
    }

    fn remove(&mut self, seq: Seq) {
        if let Some(held) = self.items.remove(&seq) {
            self.hold(text_bytes(&held.item), 0);
        }
    }

    /// A message has expired.
    pub(super) fn expire(&mut self, seq: Seq, at: chat_proto::time::UnixMillis) {
        let Some(held) = self.items.get_mut(&seq) else { return };
        if held.item.content.message().is_some() {
            let freed = text_bytes(&held.item);
            held.item.content = Content::Expired { expired_at: at };
            self.hold(freed, 0);
        }
    }

    /// The database has removed the persistent messages up to this number.
    pub(super) fn forget_pruned(&mut self, to: Seq) {
        self.pruned_to = self.pruned_to.max(to);
        let is_pruned = |held: &Held| !held.is_ephemeral && !held.is_join && held.item.content.is_message_place();
        let pruned = self.items.range(..=to).filter(|(_, held)| is_pruned(held));
        let pruned: Vec<_> = pruned.map(|(seq, held)| (*seq, held.is_at_end(self.end.from))).collect();
        for (seq, is_at_end) in pruned {
            self.end.items -= usize::from(is_at_end);
            self.end.messages -= usize::from(is_at_end);
            self.remove(seq);
        }
        let items = &self.items;
        self.events.retain(|(_, seq)| items.contains_key(seq));
    }

    /// Returns the item `seq` in its present state; `None` if the ring does not hold it.
    pub(super) fn item(&self, seq: Seq) -> Option<&Item> {
        self.items.get(&seq).map(|held| &held.item)
    }

    /// Returns all items, each once.
    pub(super) fn items(&self) -> Vec<Item> {
        self.items.values().map(|held| held.item.clone()).collect()
    }

    /// Returns all items that changed after a number, each once, by rising `changed`; `None` if the ring does not reach back
    /// that far.
    pub(super) fn after(&self, after: Seq) -> Option<Vec<Item>> {
        if after < self.reaches_back_to {
            return None;
        }
        let start = self.events.partition_point(|(number, _)| *number <= after);
        let mut places: Vec<Seq> = self.events.range(start..).map(|(_, seq)| *seq).collect();
        places.sort_unstable();
        places.dedup();
        let mut items: Vec<Item> = places.into_iter().filter_map(|seq| self.item(seq)).cloned().collect();
        items.sort_unstable_by_key(|item| item.changed);
        Some(items)
    }

    /// Returns the last persistent items with so many messages; `None` if the ring does not hold as many, or if one of the
    /// `ephemeral` places lies between joins that are condensed.
    pub(super) fn end(&self, messages: u32, ephemeral: impl Iterator<Item = Seq>) -> Option<StoredHistory> {
        let (wanted, is_whole) = (messages as usize, self.end.from == Seq::ZERO);
        if (self.end.messages < wanted && !is_whole) || self.end.joins.enclose_any(ephemeral) {
            return None;
        }
        let (mut items, mut found) = (Vec::new(), 0);
        let at_end = self.items.range(self.end.from..).rev().filter(|(_, held)| held.is_at_end(self.end.from));
        for (_, held) in at_end {
            if found >= wanted || items.len() >= page_items_max(messages) as usize {
                break;
            }
            found += usize::from(held.item.content.is_message_place());
            items.push(held.item.clone());
        }
        let is_whole = is_whole && items.len() == self.end.items;
        Some(StoredHistory { items, joins: self.end.joins.latest_first().cloned().collect(), is_whole })
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        self.bounds.release(self.text_bytes);
    }
}

/// The bytes of an item's texts and lists, which it holds apart from itself.
fn text_bytes(item: &Item) -> usize {
    match &item.content {
        Content::Message(message) => {
            let key = message.key.as_ref().map_or(0, |key| key.as_str().len());
            let code = message.code.as_ref().map_or(0, |code| code.as_str().len());
            message.body.as_str().len() + key + code + size_of_val(message.mentions.as_slice())
        }
        Content::Topic { topic } => topic.as_ref().map_or(0, |topic| topic.as_str().len()),
        Content::Description { description } => description.as_ref().map_or(0, |text| text.as_str().len()),
        Content::Renamed { name } => name.as_str().len(),
        Content::Deleted { .. }
        | Content::Expired { .. }
        | Content::Damaged
        | Content::Join
        | Content::Leave
        | Content::Rsvp { .. } => 0,
    }
}

#[cfg(test)]
mod tests;
