//! Pages of a room: persistent and ephemeral items in one order, cut by count and size. Pure.
//! Must not know where the items come from, or who reads the page.

#![deny(clippy::disallowed_methods)]

use chat_proto::codec;
use chat_proto::ids::Seq;
use chat_proto::limits::{PAGE_BUDGET_BYTES, page_items_max};
use chat_proto::message::{Item, JoinRun};

use crate::live::EphemeralEntry;
use crate::store::StoredHistory;

/// A page of changes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ChangesCut {
    pub items: Vec<Item>,
    /// The cursor once the page is applied.
    pub next: Seq,
}

/// Merges the changes after a cursor. `stored` is by rising `changed`; `is_full` if the database may hold more.
pub(super) fn changes(stored: Vec<Item>, is_full: bool, ephemeral: Vec<Item>, head: Seq, limit: usize) -> ChangesCut {
    // Beyond the last stored item of a full page, the database may hold changes that were not read.
    let known_to = match stored.last() {
        Some(last) if is_full => last.changed.min(head),
        _ => head,
    };
    let mut items: Vec<Item> = stored.into_iter().chain(ephemeral).filter(|item| item.changed <= known_to).collect();
    items.sort_unstable_by_key(|item| item.changed);
    let is_cut = cut(&mut items, limit);
    let next = match items.last() {
        Some(last) if is_cut => last.changed,
        _ => known_to,
    };
    ChangesCut { items, next }
}

/// The ephemeral messages of which a page of changes may be made: one more than it holds, so that it is seen to be cut.
pub(super) fn oldest_changes(mut entries: Vec<EphemeralEntry>, limit: u32) -> Vec<Item> {
    entries.sort_unstable_by_key(EphemeralEntry::changed);
    entries.iter().take(limit as usize + 1).map(EphemeralEntry::item).collect()
}

/// A page of history.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct HistoryCut {
    /// By rising `seq`.
    pub items: Vec<Item>,
    /// By rising `seq`; none encloses an item.
    pub joins: Vec<JoinRun>,
    /// `before` of the next older page, `None` on the last one.
    pub next_before: Option<Seq>,
}

/// Merges a page of history with up to `limit` messages. No run of joins in `stored` encloses one of the `ephemeral` items.
pub(super) fn history(stored: StoredHistory, ephemeral: Vec<Item>, head: Seq, limit: u32) -> HistoryCut {
    let items_max = page_items_max(limit) as usize;
    let limit = limit as usize;
    let StoredHistory { items, mut joins, is_whole } = stored;
    let known_from = items.last().filter(|_| !is_whole).map_or(Seq::ZERO, |oldest| oldest.seq);
    let mut items: Vec<Item> = items.into_iter().chain(ephemeral).collect();
    items.retain(|item| item.seq >= known_from && item.seq <= head);
    items.sort_unstable_by_key(|item| std::cmp::Reverse(item.seq));
    let mut messages = 0;
    let fitting = items.iter().take_while(|item| {
        let has_place = messages < limit;
        messages += usize::from(item.content.is_message_place());
        has_place
    });
    let fitting = fitting.count().min(items_max);
    let is_cut = cut(&mut items, fitting);
    // What stands before the last message wanted belongs to the next page, joins included.
    let is_full = items.iter().filter(|item| item.content.is_message_place()).count() >= limit;
    let next_before = if is_cut || is_full || !is_whole { items.last().map(|oldest| oldest.seq) } else { None };
    joins.retain(|run| Some(run.to_seq) > next_before && run.to_seq <= head);
    items.reverse();
    joins.reverse();
    HistoryCut { joins: merged(joins, &items), items, next_before }
}

/// Makes one run of those that no item parts. Both are by rising `seq`.
fn merged(joins: Vec<JoinRun>, items: &[Item]) -> Vec<JoinRun> {
    let mut merged: Vec<JoinRun> = Vec::with_capacity(joins.len());
    for mut run in joins {
        let items_before = |seq: Seq| items.partition_point(|item| item.seq < seq);
        match merged.pop() {
            Some(older) if items_before(older.to_seq) == items_before(run.from_seq) => run.extend_down(&older),
            Some(older) => merged.push(older),
            None => {}
        }
        merged.push(run);
    }
    merged
}

/// Cuts a page to its limits, but leaves at least one item. Returns whether anything was cut.
fn cut(items: &mut Vec<Item>, limit: usize) -> bool {
    let mut bytes = 0;
    let fitting = items.iter().take_while(|item| {
        bytes += codec::wire_size(*item);
        bytes <= PAGE_BUDGET_BYTES
    });
    let keep = fitting.count().clamp(1, limit.max(1));
    let is_cut = items.len() > keep;
    items.truncate(keep);
    is_cut
}
