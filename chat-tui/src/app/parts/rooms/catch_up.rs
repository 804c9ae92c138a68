//! Brings a room to where the server is: every change once, in order, without a gap. Must not know older pages, or what
//! else of the screen a change concerns.

#![deny(clippy::disallowed_methods)]

use chat_proto::cursor::Cursor;
use chat_proto::ids::Seq;
use chat_proto::message::{Content, Item, Message};
use chat_proto::request::{Changes, ChangesPage};
use chat_proto::room::Membership;
use chat_proto::time::UnixMillis;

use super::room::Room;
use crate::app::parts::outcomes::Outcomes;
use crate::app::parts::server::Server;
use crate::app::state::attention::Attention;
use crate::app::state::effect::PersistOp;
use crate::app::state::outcome::Outcome;
use crate::app::state::purpose::Purpose;
use crate::app::state::timeline_entry::TimelineEntry;

/// A room that is further behind loads its end anew instead of change by change.
const CATCH_UP_MAX: u64 = 2_000;

impl Room {
    /// Takes the room's membership as the server lists it after a sign-in.
    pub fn on_listed(&mut self, membership: &Membership, out: &mut Outcomes) {
        let pruned_to = membership.room.pruned_to;
        if pruned_to > self.info.pruned_to {
            self.forget_pruned(pruned_to);
            out.persist(self.key.server, PersistOp::RemoveMessages(self.key.room, pruned_to));
        }
        self.refresh(membership);
        let missing = membership.head.seq.0.saturating_sub(self.following.applied().0);
        if missing <= CATCH_UP_MAX {
            self.following.on_head(membership.head.seq);
        } else {
            // The numbers are still valid: the place where the room was left is kept.
            let place = self.scroll;
            self.reset(membership.head);
            self.scroll = place;
            self.drop_distant_place();
        }
    }

    /// Requests the missing changes.
    pub fn request_changes(&mut self, server: &Server, out: &mut Outcomes) {
        if !server.is_ready() {
            return;
        }
        let (key, limit) = (self.key, server.limits.page_max);
        let changes = Changes { room: key.room, after: self.following.request(), limit };
        out.ask(key.server, changes, Purpose::Changes(key));
    }

    /// A page of changes ended before an item that had changed again: the page after `prev` has it.
    pub fn request_missing_item(&mut self, prev: Seq, server: &Server, out: &mut Outcomes) {
        self.following.take_back(prev);
        self.request_changes(server, out);
    }

    /// The server left events out.
    pub fn on_gap(&mut self, server: &Server, out: &mut Outcomes) {
        let was_current = self.following.is_current();
        self.following.on_gap();
        if was_current {
            self.request_changes(server, out);
        }
    }

    /// Drops what is loaded and saved: it belongs to another life of the data. Edits and deletions that never happened
    /// here may have changed any of it.
    pub fn reset_parted(&mut self, head: Cursor, out: &mut Outcomes) {
        self.reset(head);
        self.reading.forget_progress();
        out.persist(self.key.server, PersistOp::RemoveItems(vec![self.key.room]));
    }

    /// Several changes are about to be applied at once.
    pub fn begin_page(&mut self, items: &[Item], now: UnixMillis) {
        self.doubt_counts(items, now);
    }

    /// All changes of a page are applied: the cursor moves.
    pub fn end_page(&mut self, page: &ChangesPage, server: &Server, out: &mut Outcomes) {
        self.following.on_page(page.next, page.head.seq, page.items.is_empty());
        if self.following.is_behind() {
            self.request_changes(server, out);
        }
    }

    /// Applies one change with everything that follows from it in this room.
    pub fn on_change(&mut self, item: &Item, server: &Server, attention: Attention, out: &mut Outcomes) {
        if let Content::Deleted { .. } = item.content {
            self.on_deleted(item, server, out);
        }
        let is_new = item.seq > self.reading.known_to && item.seq == item.changed;
        self.reading.known_to = self.reading.known_to.max(item.seq);
        self.apply(item, server.my_id());
        self.timeline.expire(server.now(attention.now));
        if let Content::Message(message) = &item.content {
            if is_new {
                self.people.typing.on_message(item.by);
            }
            self.on_message(item, message, server, out);
            self.count(item, message, server, attention);
            if is_new {
                self.announce(item, message, (server, attention), out);
            }
        }
    }

    /// One's own message has arrived: it is not on its way any more.
    fn on_message(&mut self, item: &Item, message: &Message, server: &Server, out: &mut Outcomes) {
        if let Some(key) = message.key.as_ref().filter(|_| Some(item.by) == server.my_id()) {
            self.complete(key, out);
        }
    }

    /// A deleted message is not unread any more, and its text leaves the input history.
    fn on_deleted(&mut self, item: &Item, server: &Server, out: &mut Outcomes) {
        let me = server.my_id();
        self.uncount(item, me);
        let Some(content) = self.timeline.get(item.seq).and_then(TimelineEntry::content) else { return };
        if Some(item.by) == me {
            out.push(Outcome::ForgetInput(self.key.server, content.written().to_owned()));
        }
    }
}
