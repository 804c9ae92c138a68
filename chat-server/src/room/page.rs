//! Pages of a room: persistent and ephemeral items in one order, cut by count and size. Pure.
//! Must not know where the items come from, or who reads the page.

#![deny(clippy::disallowed_methods)]

use chat_proto::codec;
use chat_proto::ids::Seq;
use chat_proto::limits::PAGE_BUDGET_BYTES;
use chat_proto::message::Item;

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

/// Merges a page of history, by rising `seq`. Returns it with `before` of the next older page, `None` on the last one.
pub(super) fn history(
    stored: Vec<Item>,
    is_full: bool,
    ephemeral: Vec<Item>,
    head: Seq,
    limit: usize,
) -> (Vec<Item>, Option<Seq>) {
    let known_from = stored.last().filter(|_| is_full).map_or(Seq::ZERO, |oldest| oldest.seq);
    let mut items: Vec<Item> = stored.into_iter().chain(ephemeral).collect();
    items.retain(|item| item.seq >= known_from && item.seq <= head);
    items.sort_unstable_by_key(|item| std::cmp::Reverse(item.seq));
    let is_cut = cut(&mut items, limit);
    let next_before = if is_cut || is_full { items.last().map(|oldest| oldest.seq) } else { None };
    items.reverse();
    (items, next_before)
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
