//! The part of a room that goes to disk: its newest items as the server sent them. Must not know files.

#![deny(clippy::disallowed_methods)]

use std::collections::BTreeMap;

use chat_proto::ids::Seq;
use chat_proto::message::{Content, Item, ItemChange};

use crate::app::state::place::Place;

/// Items saved of each room.
const SAVED_ITEMS_MAX: usize = 200;

/// The newest items of a room, unchanged; never one that expires.
#[derive(Debug, Default)]
pub struct Saving {
    items: BTreeMap<Seq, Item>,
    /// Items below this number have been dropped.
    floor: Seq,
    /// Whether the room on disk is up to date.
    pub(in crate::app) is_saved: bool,
    /// The place on disk where the room was left; `None` is its end.
    pub(super) saved_place: Option<Place>,
}

impl Saving {
    /// Takes the state of an item as the server sent it; an older state changes nothing.
    pub(in crate::app) fn keep(&mut self, item: &Item) {
        if item.seq < self.floor || is_ephemeral(item) {
            return;
        }
        if self.items.get(&item.seq).is_some_and(|known| known.changed > item.changed) {
            return;
        }
        self.items.insert(item.seq, item.clone());
        while self.items.len() > SAVED_ITEMS_MAX {
            self.items.pop_first();
            self.floor = self.items.keys().next().copied().unwrap_or(self.floor);
        }
    }

    /// Applies the small change numbered `seq`, if its item is kept.
    pub(in crate::app) fn change(&mut self, seq: Seq, change: &ItemChange) {
        if let Some(item) = self.items.get_mut(&change.of) {
            change.apply(seq, item);
        }
    }

    /// Drops the messages up to a number: the server has removed them.
    pub(in crate::app) fn forget_pruned(&mut self, to: Seq) {
        self.items.retain(|seq, item| *seq > to || !item.content.is_persistent_message_place());
    }

    /// Drops all items.
    pub(in crate::app) fn clear(&mut self) {
        *self = Self { saved_place: self.saved_place, ..Self::default() };
    }

    /// The items to save of a room that is loaded from `floor` on, and the number from which they are complete.
    pub(in crate::app) fn newest(&self, floor: Seq) -> (Seq, Vec<Item>) {
        let floor = floor.max(self.floor);
        (floor, self.items.range(floor..).map(|(_, item)| item.clone()).collect())
    }
}

/// Whether an item must not be written to disk.
fn is_ephemeral(item: &Item) -> bool {
    match &item.content {
        Content::Message(message) => message.expires_at.is_some(),
        Content::Expired { .. } => true,
        Content::Deleted { .. }
        | Content::Join
        | Content::Leave
        | Content::Topic { .. }
        | Content::Description { .. }
        | Content::Renamed { .. }
        | Content::Rsvp { .. }
        | Content::Damaged => false,
    }
}

#[cfg(test)]
mod tests {
    use chat_proto::ids::UserId;
    use chat_proto::message::Message;
    use chat_proto::time::UnixMillis;

    use super::*;

    fn message(seq: u64, changed: u64, text: &str) -> Item {
        let content = Content::Message(Message::plain(text.parse().expect("a body")));
        Item { seq: Seq(seq), changed: Seq(changed), at: UnixMillis(7), by: UserId(2), content }
    }

    #[test]
    fn items_are_saved_as_they_came() {
        let edited = Message {
            code: "rust".parse().ok(),
            key: "k-1".parse().ok(),
            edited_at: Some(UnixMillis(9)),
            mentions: vec![UserId(3), UserId(4)],
            reply_to: Some(Seq(1)),
            ..Message::plain("a\tb".parse().expect("a body"))
        };
        let items = [
            Item { content: Content::Message(edited), ..message(2, 5, "x") },
            Item { content: Content::Description { description: "what it is for".parse().ok() }, ..message(3, 3, "x") },
            Item {
                content: Content::Deleted { deleted_at: UnixMillis(8), deleted_by: UserId(5) },
                ..message(4, 6, "x")
            },
        ];
        let mut saving = Saving::default();
        saving.keep(&message(2, 2, "first"));
        for item in &items {
            saving.keep(item);
        }
        saving.keep(&message(4, 4, "an older state"));
        assert_eq!(saving.newest(Seq(0)), (Seq(0), items.to_vec()));
        assert_eq!(saving.newest(Seq(3)), (Seq(3), items[1..].to_vec()), "nothing below what is loaded");
    }

    #[test]
    fn an_ephemeral_item_is_never_saved() {
        let mut ephemeral = message(1, 1, "key 4417");
        if let Content::Message(message) = &mut ephemeral.content {
            message.expires_at = Some(UnixMillis(1_000));
        }
        let mut saving = Saving::default();
        saving.keep(&ephemeral);
        assert!(!format!("{saving:?}").contains("4417"));
    }

    #[test]
    fn the_newest_are_saved_and_known_to_be_complete() {
        let mut saving = Saving::default();
        let count = SAVED_ITEMS_MAX as u64;
        (11..=count + 20).chain(1..=10).for_each(|seq| saving.keep(&message(seq, seq, "hi")));
        let (floor, items) = saving.newest(Seq(0));
        assert_eq!((floor, items.len()), (Seq(21), SAVED_ITEMS_MAX));
        assert_eq!(items[0].seq, floor);
    }
}
