//! One room as the screen knows it.

use chat_proto::ids::{Seq, UserId};
use chat_proto::message::{Content, Item};
use chat_proto::room::{Membership, ReadMarker, Role, RoomKind, Topic};
use chat_proto::time::UnixMillis;
use chat_proto::trending::TrendingWord;

use super::editor::Editor;
use super::outbox::PendingPost;
use super::timeline::Timeline;
use super::typing::Typing;
use crate::text::SafeText;

/// What of the messages is in sight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scroll {
    /// The newest, also when more come.
    #[default]
    End,
    /// A message at the top: what comes or goes elsewhere does not move it.
    At {
        /// Which.
        seq: Seq,
        /// Its row that stands at the top; may lie outside it, the view brings it right.
        row: i32,
    },
}

/// Whether the room's changes are all at hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CatchUp {
    /// All up to the cursor; what comes next is pushed.
    #[default]
    Current,
    /// Something is missing; it is asked for once the link is there.
    Needed,
    /// It is asked for.
    Requested,
}

/// How far back the room is at hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum History {
    /// Not asked for yet in this connection.
    #[default]
    NotRequested,
    /// A page is asked for.
    Requested,
    /// There is more before the floor.
    More,
    /// The room's beginning is at hand.
    Complete,
}

#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
/// One room.
#[derive(Debug)]
pub struct Room {
    /// The room and what this account is in it.
    pub info: chat_proto::room::Room,
    /// What the account may do.
    pub role: Role,
    /// What has been read.
    pub read_marker: ReadMarker,
    /// What is at hand.
    pub timeline: Timeline,
    /// Every change up to here has been applied.
    pub cursor: Seq,
    /// The highest number heard of.
    pub(super) highest_seen: Seq,
    /// Whether something was left out while changes were asked for.
    pub(super) must_ask_again: bool,
    /// Messages up to here are in the counts of `marks`.
    pub(super) counted_up_to: Seq,
    /// Whether changes are missing.
    pub catch_up: CatchUp,
    /// How far back it goes.
    pub history: History,
    /// One's own messages on their way, oldest first.
    pub pending: Vec<PendingPost>,
    /// What is being written.
    pub draft: Editor,
    /// The message that is being edited, in place of writing a new one.
    pub editing: Option<Seq>,
    /// Who types.
    pub typing: Typing,
    /// The words it speaks of.
    pub trending: Vec<TrendingWord>,
    /// The members whose presence is followed.
    pub people: Vec<UserId>,
    /// How many are there, where the room is too large to follow each.
    pub online: Option<u32>,
    /// What is in sight.
    pub scroll: Scroll,
    /// Messages that came while the newest was not in sight.
    pub missed: u32,
    /// The line "new" stands after this number.
    pub new_after: Option<Seq>,
    /// The read mark to tell the server, and since when it is told.
    pub(super) read_sent: Seq,
    pub(super) read_sent_at: UnixMillis,
    /// Whether what is at hand is what an earlier run kept, which holds nothing that expires.
    pub(super) is_restored: bool,
    /// Whether the person marked it as unread: looking at it does not mark it as read.
    pub(super) is_marked_unread: bool,
    pub(super) is_saved: bool,
    pub(super) is_draft_saved: bool,
}

impl Room {
    /// A room as a membership tells it, with nothing at hand but what comes next.
    pub(super) fn new(membership: Membership) -> Self {
        Self {
            timeline: Timeline::above(membership.head.next()),
            cursor: membership.head,
            highest_seen: membership.head,
            counted_up_to: membership.head,
            must_ask_again: false,
            read_sent: membership.read_marker.read_seq,
            info: membership.room,
            role: membership.role,
            read_marker: membership.read_marker,
            catch_up: CatchUp::Current,
            history: History::NotRequested,
            pending: Vec::new(),
            draft: Editor::default(),
            editing: None,
            typing: Typing::default(),
            trending: Vec::new(),
            people: Vec::new(),
            online: None,
            scroll: Scroll::End,
            missed: 0,
            new_after: None,
            read_sent_at: UnixMillis(0),
            is_restored: false,
            is_marked_unread: false,
            is_saved: false,
            is_draft_saved: true,
        }
    }

    /// What the room is called: its name, or the other people of a direct conversation.
    pub fn title(&self, name_of: impl Fn(UserId) -> SafeText, me: Option<UserId>) -> SafeText {
        if let Some(name) = &self.info.name {
            return SafeText::line(name.as_str());
        }
        let others = self.info.people.iter().filter(|id| Some(**id) != me);
        let names: Vec<_> = others.map(|id| name_of(*id).as_str().to_owned()).collect();
        SafeText::line(&names.join(", "))
    }

    /// Whether its messages expire where nothing else is said.
    pub fn is_ephemeral(&self) -> bool {
        self.info.default_ttl_ms.is_some()
    }

    /// Whether it is a conversation of a fixed set of people.
    pub fn is_direct(&self) -> bool {
        self.info.kind == RoomKind::Direct
    }

    /// The membership as it stands, for the cache.
    pub(super) fn membership(&self) -> Membership {
        Membership { room: self.info.clone(), head: self.cursor, read_marker: self.read_marker, role: self.role }
    }

    /// Takes what a membership says; the timeline is another matter.
    pub(super) fn refresh(&mut self, membership: &Membership) {
        self.info = membership.room.clone();
        self.role = membership.role;
        self.read_marker = membership.read_marker;
        self.read_sent = membership.read_marker.read_seq;
        self.is_saved = false;
    }

    /// Lets go of everything at hand: only what comes after `head` is known from here on.
    pub(super) fn reset(&mut self, head: Seq) {
        self.timeline = Timeline::above(head.next());
        self.cursor = head;
        self.highest_seen = head;
        self.counted_up_to = self.counted_up_to.max(head);
        self.catch_up = CatchUp::Current;
        self.history = History::NotRequested;
        self.scroll = Scroll::End;
        self.missed = 0;
        self.is_saved = false;
    }

    /// Takes the state of one thing, and what it says of the room itself.
    pub(super) fn apply(&mut self, item: &Item, me: Option<UserId>) -> bool {
        match &item.content {
            Content::Topic { topic } if self.info.topic.as_ref().is_none_or(|topic| topic.at <= item.at) => {
                self.info.topic = topic.as_ref().map(|text| Topic { text: text.clone(), by: item.by, at: item.at });
            }
            Content::Description { description } => self.info.description.clone_from(description),
            Content::Renamed { name } => self.info.name = Some(name.clone()),
            Content::Join if !self.people.contains(&item.by) => self.people.push(item.by),
            Content::Leave => self.people.retain(|id| *id != item.by),
            Content::Topic { .. }
            | Content::Join
            | Content::Message(_)
            | Content::Deleted { .. }
            | Content::Expired { .. }
            | Content::Rsvp { .. } => {}
        }
        self.is_saved = false;
        self.timeline.apply(item, me)
    }
}
