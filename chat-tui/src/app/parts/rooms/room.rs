//! One room as the screen knows it. Must not know how it is asked for, sent, saved or drawn.

#![deny(clippy::disallowed_methods)]

use chat_proto::cursor::Cursor;
use chat_proto::ids::{Seq, UserId};
use chat_proto::message::{Content, Item, ItemChange, JoinRun};
use chat_proto::room::{Membership, Role, RoomKind, Topic};
use chat_proto::trending::TrendingWord;

use crate::app::parts::rooms::backlog::{Backlog, History};
use crate::app::parts::rooms::saving::Saving;
use crate::app::parts::rooms::timeline::Timeline;
use crate::app::parts::rooms::typing::Typing;
use crate::app::parts::rooms::unloaded::Unloaded;
use crate::app::parts::rooms::unread::Reading;
use crate::app::parts::rooms::writing::Writing;
use crate::app::state::effect::SavedRoom;
use crate::app::state::room_key::{RoomKey, ServerKey};
use crate::catch_up::Following;
use crate::text::SafeText;

/// Which of the messages are visible.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scroll {
    /// The newest, also when more arrive.
    #[default]
    End,
    /// A message at the top: changes elsewhere do not move it.
    At {
        /// The message.
        seq: Seq,
        /// Its topmost visible row; may lie outside the message, the view corrects it.
        row: i32,
    },
}

/// Who is in a room.
#[derive(Debug, Default)]
pub struct RoomPeople {
    /// The members whose presence is followed.
    pub members: Vec<UserId>,
    /// How many members are online, if the room is too large to follow each.
    pub online: Option<u32>,
    /// Who is typing.
    pub typing: Typing,
}

/// One room.
#[derive(Debug)]
pub struct Room {
    /// Its server and its id there.
    pub key: RoomKey,
    /// The room's own properties.
    pub info: chat_proto::room::Room,
    /// This account's role.
    pub role: Role,
    /// The loaded messages and events.
    pub timeline: Timeline,
    /// The place in the server's stream of changes.
    pub following: Following,
    /// How far back it is loaded.
    pub backlog: Backlog,
    /// The read marker and the unread counts.
    pub reading: Reading,
    /// The draft and the messages on their way.
    pub writing: Writing,
    /// Who is there.
    pub people: RoomPeople,
    /// The trending words.
    pub trending: Vec<TrendingWord>,
    /// Which messages are visible.
    pub scroll: Scroll,
    /// Whether the next unread mention is to be shown once it is loaded.
    pub(super) seeks_mention: bool,
    /// The part of it that goes to disk.
    pub(in crate::app) saving: Saving,
    /// Updates of items below the timeline while an older page is in flight.
    unloaded: Unloaded,
}

impl Room {
    /// Returns a room without items. Only changes after the membership's head will be applied.
    pub(in crate::app) fn new(server: ServerKey, membership: Membership) -> Self {
        Self {
            key: RoomKey { server, room: membership.room.id },
            timeline: Timeline::above(membership.head.seq.next()),
            following: Following::at(membership.head),
            backlog: Backlog::default(),
            reading: Reading::new(membership.read_marker, membership.head.seq),
            writing: Writing::default(),
            people: RoomPeople::default(),
            trending: Vec::new(),
            scroll: Scroll::End,
            seeks_mention: false,
            saving: Saving::default(),
            unloaded: Unloaded::default(),
            info: membership.room,
            role: membership.role,
        }
    }

    /// A room as an earlier run saved it; its changes since then are missing.
    pub(in crate::app) fn restored(server: ServerKey, saved: SavedRoom, me: Option<UserId>) -> Self {
        let mut room = Self::new(server, saved.membership);
        room.timeline = Timeline::above(saved.floor);
        for item in &saved.items {
            room.timeline.apply(item, me);
            room.saving.keep(item);
        }
        room.reading.restore_announced(saved.announced);
        room.following = Following::behind(saved.cursor);
        room.backlog.is_restored = true;
        room.saving.is_saved = true;
        room
    }

    /// The room's name, or the names of the other people in a direct message.
    pub fn title(&self, name_of: impl Fn(UserId) -> SafeText, me: Option<UserId>) -> SafeText {
        if let Some(name) = &self.info.name {
            return SafeText::line(name.as_str());
        }
        let others = self.info.people.iter().filter(|id| Some(**id) != me);
        let names: Vec<_> = others.map(|id| name_of(*id).as_str().to_owned()).collect();
        SafeText::line(&names.join(", "))
    }

    /// Whether its messages expire by default.
    pub fn is_ephemeral(&self) -> bool {
        self.info.default_ttl_ms.is_some()
    }

    /// Whether it is a direct message between a fixed set of people.
    pub fn is_direct(&self) -> bool {
        self.info.kind == RoomKind::Direct
    }

    /// The room as it goes to disk; `None` while changes are missing, because no cursor would be true then.
    pub(in crate::app) fn to_saved(&self) -> Option<SavedRoom> {
        if !self.following.is_current() {
            return None;
        }
        let (floor, items) = self.saving.newest(self.timeline.floor());
        let cursor = self.following.cursor();
        let (room, read_marker, announced) = (self.info.clone(), self.reading.to_saved(), self.reading.announced());
        let membership = Membership { room, head: cursor, read_marker, role: self.role };
        Some(SavedRoom { membership, announced, cursor, floor, items })
    }

    /// Takes the properties in a membership; messages come separately.
    pub(in crate::app) fn refresh(&mut self, membership: &Membership) {
        self.info = membership.room.clone();
        self.role = membership.role;
        self.reading.on_membership(membership.read_marker.clone(), membership.head.seq);
        self.saving.is_saved = false;
    }

    /// Drops the messages up to a number: the server has removed them because they were old.
    pub(in crate::app) fn forget_pruned(&mut self, to: Seq) {
        self.timeline.forget_pruned(to);
        self.saving.forget_pruned(to);
    }

    /// Drops every loaded item. Only changes after `head` will be applied.
    pub(in crate::app) fn reset(&mut self, head: Cursor) {
        self.timeline = Timeline::above(head.seq.next());
        self.following = Following::at(head);
        self.backlog.reset();
        self.reading.known_to = self.reading.known_to.max(head.seq);
        self.scroll = Scroll::End;
        self.seeks_mention = false;
        self.saving.clear();
        self.unloaded.clear();
    }

    /// Takes the state of an item as the server sent it.
    pub(in crate::app) fn apply(&mut self, item: &Item, me: Option<UserId>) {
        match &item.content {
            Content::Topic { topic } if self.info.topic.as_ref().is_none_or(|topic| topic.at <= item.at) => {
                self.info.topic = topic.as_ref().map(|text| Topic { text: text.clone(), by: item.by, at: item.at });
            }
            Content::Description { description } => self.info.description.clone_from(description),
            Content::Renamed { name } => self.info.name = Some(name.clone()),
            Content::Join if !self.people.members.contains(&item.by) => self.people.members.push(item.by),
            Content::Leave => self.people.members.retain(|id| *id != item.by),
            Content::Topic { .. }
            | Content::Join
            | Content::Message(_)
            | Content::Deleted { .. }
            | Content::Expired { .. }
            | Content::Rsvp { .. }
            | Content::Damaged => {}
        }
        self.saving.is_saved = false;
        if item.seq >= self.timeline.floor() {
            self.timeline.apply(item, me);
            self.saving.keep(item);
        } else if self.backlog.history == History::Requested && !self.unloaded.keep_item(item) {
            self.give_up_page();
        }
    }

    /// Applies the small change numbered `seq`. Returns `false` if its item should be loaded and is missing.
    pub(in crate::app) fn change(&mut self, seq: Seq, change: &ItemChange) -> bool {
        self.saving.is_saved = false;
        if change.of >= self.timeline.floor() {
            self.saving.change(seq, change);
            return self.timeline.change(seq, change);
        }
        if self.backlog.history == History::Requested && !self.unloaded.keep_change(seq, change) {
            self.give_up_page();
        }
        true
    }

    /// No page is in flight any more, or the one in flight is not wanted: it is requested again when it is next needed.
    pub(in crate::app) fn give_up_page(&mut self) {
        let is_empty = self.timeline.entries().is_empty();
        self.backlog.history = if is_empty { History::NotRequested } else { History::More };
        self.unloaded.clear();
    }

    /// Takes a page of older items that reaches down to `floor`.
    pub(in crate::app) fn prepend(&mut self, (items, joins): (&[Item], &[JoinRun]), floor: Seq, me: Option<UserId>) {
        if std::mem::take(&mut self.backlog.is_restored) {
            // The restored part below this page lacks ephemeral messages: it is loaded again when it is looked at, and a
            // place in it is kept.
            self.timeline.raise_floor(floor);
        }
        let mut items = items.to_vec();
        self.unloaded.bring_up_to_date(&mut items);
        self.timeline.extend_down((&items, joins), floor, me);
        for item in &items {
            self.saving.keep(item);
        }
        let is_complete = self.timeline.floor() == Seq::ZERO;
        self.backlog.history = if is_complete { History::Complete } else { History::More };
        self.saving.is_saved = false;
    }

    /// Drops the oldest items down to `count`.
    pub(in crate::app) fn trim(&mut self, count: usize) {
        if self.timeline.trim(count) {
            self.backlog.history = History::More;
        }
    }
}
