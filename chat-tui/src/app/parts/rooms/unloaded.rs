//! Updates of items that are not loaded, kept while an older page is in flight: the page may have been cut before them.
//! Must not know how pages are requested.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::Seq;
use chat_proto::message::{Item, ItemChange};

/// Updates kept.
const KEPT_MAX: usize = 1_000;

/// Updates of items below the loaded ones, by rising number.
#[derive(Debug, Default)]
pub struct Unloaded(Vec<Update>);

#[derive(Debug)]
enum Update {
    Item(Item),
    Change(Seq, ItemChange),
}

impl Unloaded {
    /// Keeps an item in its new state. Returns `false`, and keeps nothing any more, if there are too many updates.
    pub(in crate::app) fn keep_item(&mut self, item: &Item) -> bool {
        self.keep(Update::Item(item.clone()))
    }

    /// Keeps a small change; as [`Self::keep_item`].
    pub(in crate::app) fn keep_change(&mut self, seq: Seq, change: &ItemChange) -> bool {
        self.keep(Update::Change(seq, change.clone()))
    }

    fn keep(&mut self, update: Update) -> bool {
        let has_room = self.0.len() < KEPT_MAX;
        if has_room {
            self.0.push(update);
        } else {
            self.clear();
        }
        has_room
    }

    /// Brings the items of a page up to date. The updates of other items are dropped: no page is in flight any more.
    pub(in crate::app) fn bring_up_to_date(&mut self, items: &mut [Item]) {
        for update in self.0.drain(..) {
            let seq = match &update {
                Update::Item(item) => item.seq,
                Update::Change(_, change) => change.of,
            };
            let Ok(at) = items.binary_search_by_key(&seq, |item| item.seq) else { continue };
            match update {
                Update::Item(item) if item.changed > items[at].changed => items[at] = item,
                Update::Item(_) => {}
                Update::Change(seq, change) => drop(change.apply(seq, &mut items[at])),
            }
        }
    }

    /// Drops everything.
    pub(in crate::app) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use chat_proto::ids::UserId;
    use chat_proto::message::Content;
    use chat_proto::time::UnixMillis;

    use super::*;

    #[test]
    fn too_many_updates_are_not_kept_and_said_so() {
        let item = Item { seq: Seq(1), changed: Seq(2), at: UnixMillis(0), by: UserId(1), content: Content::Join };
        let mut unloaded = Unloaded::default();
        assert!((0..KEPT_MAX).all(|_| unloaded.keep_item(&item)));
        assert!(!unloaded.keep_item(&item));
        assert!(unloaded.0.is_empty());
    }
}
