//! The overlays of the screen: lists to choose from, help, questions. Must not know how a list is filled.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::Seq;
use chat_proto::request::{RoomInfoAnswer, RoomListing};
use chat_proto::time::UnixMillis;

use crate::app::parts::editor::Editor;
use crate::app::state::room_key::{RoomKey, ServerKey};
use crate::text::SafeText;

/// A window over the screen.
#[derive(Debug)]
pub enum Overlay {
    /// Rooms, found by a few letters.
    Switcher(Switcher),
    /// The keys and commands.
    Help {
        /// The index of the first visible line.
        top: usize,
    },
    /// The details of a room.
    Info(Box<RoomInfoAnswer>),
    /// Asks whether to delete a message.
    Deletion {
        /// The message's room.
        room_key: RoomKey,
        /// The message's number.
        seq: Seq,
        /// The beginning of its text.
        text: SafeText,
    },
    /// The earlier texts of a message.
    EditHistory(EditHistory),
}

impl Overlay {
    /// The line that takes typed text; `None` if this overlay has none.
    pub(in crate::app) fn query_mut(&mut self) -> Option<&mut Editor> {
        match self {
            Self::Switcher(switcher) => Some(&mut switcher.query),
            Self::Help { .. } | Self::Info(_) | Self::Deletion { .. } | Self::EditHistory(_) => None,
        }
    }
}

/// The earlier texts of a message.
#[derive(Clone, Debug)]
pub struct EditHistory {
    /// The message's room.
    pub room_key: RoomKey,
    /// The message's number.
    pub seq: Seq,
    /// Each text and when it was replaced, by the server's clock; oldest first.
    pub texts: Vec<(SafeText, UnixMillis)>,
    /// The message's last change when the texts were requested.
    pub(in crate::app) changed: Seq,
    /// The index of the first visible row.
    pub top: usize,
}

/// One line of the list of rooms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitcherLine {
    /// The room.
    pub room_key: RoomKey,
    /// Its name.
    pub name: SafeText,
    /// Its topic.
    pub topic: Option<SafeText>,
    /// Whether this account is a member.
    pub is_member: bool,
    /// Unread messages.
    pub unread: u32,
    /// Unread messages that mention this account.
    pub mentions: u32,
    /// Indices of the characters of the name that match the query.
    pub found: Vec<u32>,
}

/// The list of rooms and the query typed into it.
#[derive(Debug)]
pub struct Switcher {
    /// The query.
    pub query: Editor,
    /// The matching rooms, best first.
    pub lines: Vec<SwitcherLine>,
    /// The index of the selected line.
    pub selected: usize,
    /// Rooms that this account could join.
    pub(in crate::app) joinable: Vec<(ServerKey, RoomListing)>,
}

impl Switcher {
    /// An empty list with a query; `parts::switcher` fills it.
    pub(in crate::app) fn new(query: &str) -> Self {
        Self { query: Editor::with(query), lines: Vec::new(), selected: 0, joinable: Vec::new() }
    }

    /// Replaces the rooms that could be joined.
    pub(in crate::app) fn add_rooms(&mut self, server: ServerKey, listings: Vec<RoomListing>) {
        self.joinable = listings.into_iter().filter(|listing| !listing.is_member).map(|it| (server, it)).collect();
    }

    /// Moves the selection by `step` lines, wrapping around at both ends.
    pub(in crate::app) fn step(&mut self, step: isize) {
        if !self.lines.is_empty() {
            self.selected = (self.selected + self.lines.len()).wrapping_add_signed(step) % self.lines.len();
        }
    }

    /// Selects a line.
    pub(in crate::app) fn select(&mut self, line: usize) {
        self.selected = line.min(self.lines.len().saturating_sub(1));
    }

    /// The selected line.
    pub(in crate::app) fn chosen(&self) -> Option<SwitcherLine> {
        self.lines.get(self.selected).cloned()
    }
}
