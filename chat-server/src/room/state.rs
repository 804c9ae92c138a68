//! The state of a room and the rules by which it accepts changes: numbers, members, settings, and in `messages` posts, edits
//! and deletions. Pure; must not know stores or listeners.

#![deny(clippy::disallowed_methods)]

mod messages;

use std::sync::Arc;

use chat_proto::cursor::{Cursor, Parted};
use chat_proto::ids::{RoomId, Seq, UserId};
use chat_proto::message::{Content, Item};
use chat_proto::room::{Role, Room, Rsvp, Topic};
use chat_proto::time::UnixMillis;

pub(super) use self::messages::{Accepted, NewMessage};
use super::RoomError;
use super::command::{Setting, Snapshot};
use super::commit::Commit;
use super::members::Members;
use super::ring::Ring;
use super::ring_bounds::RingBounds;
use super::rsvps::{NewAnswer, Rsvps};
use super::runs::Runs;
use crate::access::{Caller, Decision, RoomAction, RoomClass, RoomRefusal, ServerRole, in_room};
use crate::live::EphemeralEntry;
use crate::store::{RoomState, StoredHistory};

/// A room.
#[derive(Debug)]
pub(super) struct State {
    pub room: Room,
    /// The last number shown.
    shown: Seq,
    /// The last number shown of a persistent change.
    persistent: Seq,
    runs: Runs,
    members: Members,
    pub rsvps: Rsvps,
    pub ring: Ring,
    /// Its sequence numbers, its ephemeral messages, and the changes under way.
    pub commit: Commit,
}

impl State {
    /// The room as the stores have it.
    pub(super) fn new(ring_bounds: Arc<RingBounds>, stored: RoomState, commit: Commit) -> Self {
        let newest_ephemeral = commit.index.newest();
        let shown = stored.room.head.seq.max(newest_ephemeral);
        // Ephemeral events are not in the database: with some alive the ring cannot claim to know all.
        let has_persistent_only = commit.index.is_empty() && commit.seqs.last_given() == stored.room.head.seq;
        let is_whole = stored.is_whole && has_persistent_only;
        let mut ring = Ring::refill(ring_bounds, (stored.recent, is_whole), stored.end, shown);
        ring.mark_incomplete_to(newest_ephemeral);
        let members = Members::new(stored.members);
        let rsvps = Rsvps::new(stored.answers);
        let (persistent, runs) = (stored.room.head.persistent, Runs::new(stored.runs));
        Self { room: stored.room.room, shown, persistent, runs, members, rsvps, ring, commit }
    }

    pub(super) fn id(&self) -> RoomId {
        self.room.id
    }

    pub(super) fn shown(&self) -> Seq {
        self.shown
    }

    /// The cursor of a client that has applied everything.
    pub(super) fn head(&self) -> Cursor {
        self.cursor(self.shown)
    }

    /// The cursor of a client that has applied everything up to a number that was shown.
    pub(super) fn cursor(&self, seq: Seq) -> Cursor {
        self.runs.cursor(seq, self.persistent.min(seq))
    }

    /// Checks that a cursor belongs to this life of the data.
    ///
    /// # Errors
    /// Where the lives part.
    pub(super) fn check(&self, cursor: &Cursor) -> Result<(), Parted> {
        self.runs.check(cursor, self.persistent, self.commit.seqs.last_given())
    }

    pub(super) fn role(&self, user: UserId) -> Option<Role> {
        self.members.role(user)
    }

    pub(super) fn snapshot(&self, user: UserId) -> Snapshot {
        let room = Room { members: self.member_count(), ..self.room.clone() };
        Snapshot { room, head: self.head(), role: self.role(user) }
    }

    pub(super) fn member_count(&self) -> u32 {
        self.members.count()
    }

    /// Asks the access table about a caller as it stands at this moment. A hidden room answers as an absent one.
    pub(super) fn authorize(&self, caller: &Caller, action: RoomAction) -> Result<(), RoomError> {
        #[cfg(test)]
        super::decided::note(action);
        match self.decide(caller, action) {
            Decision::Allowed => Ok(()),
            Decision::Hidden => Err(RoomError::NotFound),
            Decision::Refused(why) => Err(why.into()),
        }
    }

    /// The access table's decision on a caller as it stands at this moment.
    pub(super) fn decide(&self, caller: &Caller, action: RoomAction) -> Decision<RoomRefusal> {
        let place = RoomClass::of(self.id(), self.room.kind);
        in_room(caller.role(), self.role(caller.user()), place, action)
    }

    /// Whether accounts that are not members may listen.
    pub(super) fn may_outsiders_listen(&self) -> bool {
        let place = RoomClass::of(self.id(), self.room.kind);
        in_room(ServerRole::Account, None, place, RoomAction::Subscribe).is_allowed()
    }

    /// Gives the next number.
    fn next_seq(&mut self) -> Seq {
        self.commit.seqs.next()
    }

    /// Shows ephemeral messages that were not known when the room started, under the numbers they have now.
    pub(super) fn show_loaded(&mut self, items: &[Item]) {
        let newest = items.iter().map(|item| item.changed).max().unwrap_or(Seq::ZERO);
        self.shown = self.shown.max(newest);
        self.ring.mark_incomplete_to(newest);
    }

    /// Returns the current version of an item; `None` if it is not in memory.
    pub(super) fn find(&self, seq: Seq, now: UnixMillis) -> Option<Item> {
        let alive = self.commit.index.get(seq).filter(|entry| entry.is_alive(now));
        let found = alive.map(EphemeralEntry::item).or_else(|| self.ring.item(seq).cloned());
        found.filter(|item| item.changed <= self.shown)
    }

    /// The event of a setting that changes; `None` if it holds already. The caller may change it.
    pub(super) fn accept_setting(&mut self, by: UserId, setting: Setting, now: UnixMillis) -> Option<Item> {
        let is_so = match &setting {
            Setting::Topic(topic) => self.room.topic.as_ref().map(|held| &held.text) == topic.as_ref(),
            Setting::Description(description) => self.room.description == *description,
        };
        if is_so {
            return None;
        }
        let content = match setting {
            Setting::Topic(topic) => Content::Topic { topic },
            Setting::Description(description) => Content::Description { description },
        };
        Some(self.event(by, content, now))
    }

    /// The item of a member's answer; `None` if it has given this answer already. The caller is a member.
    pub(super) fn accept_rsvp(&mut self, by: UserId, answer: Rsvp, now: UnixMillis) -> Option<NewAnswer> {
        let Self { rsvps, commit, .. } = self;
        rsvps.accept(by, answer, now, || commit.seqs.next())
    }

    /// Adds a member; `None` if they are one already.
    pub(super) fn accept_join(&mut self, user: UserId, role: Role, now: UnixMillis) -> Option<Item> {
        if self.role(user).is_some() {
            return None;
        }
        self.members.accept(user, Some(role));
        Some(self.event(user, Content::Join, now))
    }

    /// Removes a member; `None` if they are not one.
    pub(super) fn accept_leave(&mut self, user: UserId, now: UnixMillis) -> Option<(Item, Role)> {
        let role = self.role(user)?;
        self.members.accept(user, None);
        self.rsvps.accept_leave(user);
        Some((self.event(user, Content::Leave, now), role))
    }

    /// Undoes a join that was refused. Refusals arrive in the order of acceptance.
    pub(super) fn undo_join(&mut self, user: UserId) {
        self.members.undo(user);
    }

    /// Undoes a leave that was refused.
    pub(super) fn undo_leave(&mut self, user: UserId) {
        self.rsvps.undo_leave(user);
        self.members.undo(user);
    }

    /// Whether the room closes: it closes when empty, and its last member is leaving or has left.
    pub(super) fn is_closing(&self) -> bool {
        self.room.closes_when_empty && self.member_count() == 0
    }

    fn event(&mut self, by: UserId, content: Content, now: UnixMillis) -> Item {
        let seq = self.next_seq();
        Item { seq, changed: seq, at: now, by, content }
    }

    /// Shows an item; returns the number shown before it.
    pub(super) fn show(&mut self, item: &Item, is_ephemeral: bool) -> Seq {
        match &item.content {
            Content::Topic { topic } => {
                self.room.topic = topic.clone().map(|text| Topic { text, by: item.by, at: item.at });
            }
            Content::Description { description } => self.room.description.clone_from(description),
            Content::Renamed { name } => self.room.name = Some(name.clone()),
            Content::Join | Content::Leave => self.members.confirm(item.by),
            Content::Message(_)
            | Content::Deleted { .. }
            | Content::Expired { .. }
            | Content::Rsvp { .. }
            | Content::Damaged => {}
        }
        self.rsvps.show(item);
        self.ring.push(item.clone(), is_ephemeral);
        if !is_ephemeral {
            self.persistent = item.changed;
        }
        std::mem::replace(&mut self.shown, item.changed)
    }

    /// Returns all ephemeral messages that are alive.
    pub(super) fn ephemeral_entries(&self, now: UnixMillis) -> Vec<EphemeralEntry> {
        let alive = self.commit.index.entries().filter(|entry| entry.is_alive(now));
        alive.filter(|entry| entry.changed() <= self.shown).cloned().collect()
    }

    /// Returns the ephemeral messages that are alive and changed after a number.
    pub(super) fn ephemeral_changes(&self, after: Seq, now: UnixMillis) -> Vec<EphemeralEntry> {
        let changed = self.commit.index.entries().filter(|entry| entry.changed() > after && entry.is_alive(now));
        changed.filter(|entry| entry.changed() <= self.shown).cloned().collect()
    }

    /// Returns the ephemeral messages of which a page of so many messages before a number, or at the room's end, may be made,
    /// by rising number: each counts as a message, so what is older lies below the page.
    pub(super) fn ephemeral_page(&self, before: Option<Seq>, messages: u32, now: UnixMillis) -> Vec<EphemeralEntry> {
        let mut entries: Vec<_> = self.newest_ephemeral(before, messages, now).cloned().collect();
        entries.reverse();
        entries
    }

    fn newest_ephemeral(
        &self,
        before: Option<Seq>,
        messages: u32,
        now: UnixMillis,
    ) -> impl Iterator<Item = &EphemeralEntry> {
        let entries = self.commit.index.before(before.unwrap_or(Seq(u64::MAX)));
        let alive = entries.filter(move |entry| entry.is_alive(now));
        alive.filter(|entry| entry.changed() <= self.shown).take(messages as usize)
    }

    /// Returns the room's last persistent items with so many messages, if they are in memory.
    pub(super) fn end(&self, messages: u32, now: UnixMillis) -> Option<StoredHistory> {
        self.ring.end(messages, self.newest_ephemeral(None, messages, now).map(EphemeralEntry::seq))
    }

    /// Returns the items of the ring and all ephemeral messages that are alive, each once, by rising number.
    pub(super) fn recent_items(&self, now: UnixMillis) -> Vec<Item> {
        let mut items = self.ring.items();
        items.extend(self.ephemeral_entries(now).iter().map(EphemeralEntry::item));
        items.sort_unstable_by_key(|item| item.seq);
        items.dedup_by_key(|item| item.seq);
        items
    }

    /// The database has removed the persistent messages up to this number.
    pub(super) fn forget_pruned(&mut self, to: Seq) {
        self.room.pruned_to = self.room.pruned_to.max(to);
        self.ring.forget_pruned(to);
    }

    /// Removes expired messages; returns when the next one expires.
    pub(super) fn expire(&mut self, now: UnixMillis) -> Option<UnixMillis> {
        for (seq, end) in self.commit.index.take_expired(now) {
            self.ring.expire(seq, end);
        }
        self.commit.index.next_expiry_at()
    }
}

/// The accounts that a message mentions; none for any other item.
pub(super) fn mentions_of(item: &Item) -> Vec<UserId> {
    item.content.message().map_or_else(Vec::new, |message| message.mentions.clone())
}

#[cfg(test)]
mod tests;
