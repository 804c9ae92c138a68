//! The facts of the last frame that later steps depend on: the topmost message, the targets of a click.
//! Must not know how they were drawn.

#![deny(clippy::disallowed_methods)]

use std::ops::Range;

use chat_proto::ids::{Seq, UserId};

use super::pane::Fold;
use super::room_key::RoomKey;

/// A rectangle of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Area {
    /// Its leftmost column.
    pub x: u16,
    /// Its topmost row.
    pub y: u16,
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

impl Area {
    /// Whether it contains a cell.
    pub fn contains(self, column: u16, row: u16) -> bool {
        (self.x..self.x.saturating_add(self.width)).contains(&column)
            && (self.y..self.y.saturating_add(self.height)).contains(&row)
    }
}

/// The target of a click.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A room in the list.
    Room(RoomKey),
    /// A message.
    Message(Seq),
    /// A person in the list of people.
    Person(UserId),
    /// The input box.
    Composer,
    /// The hint that unread messages are above.
    MoreAbove,
    /// The hint that there are more messages below.
    MoreBelow,
    /// A line of the open list.
    ListLine(usize),
    /// The open overlay, outside its lines.
    Overlay,
}

impl Target {
    /// The message that is clicked.
    pub fn message(self) -> Option<Seq> {
        match self {
            Self::Message(seq) => Some(seq),
            Self::Room(_)
            | Self::Person(_)
            | Self::Composer
            | Self::MoreAbove
            | Self::MoreBelow
            | Self::ListLine(_)
            | Self::Overlay => None,
        }
    }
}

/// The facts of the last frame.
#[expect(clippy::struct_excessive_bools, reason = "independent facts about one frame")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Viewport {
    /// The room whose messages were drawn.
    pub room_key: Option<RoomKey>,
    /// Rows of the message list.
    pub rows: u16,
    /// The topmost message, and how many of its rows are scrolled out.
    pub top: Option<(Seq, i32)>,
    /// The last item that is visible to its end; `None` if no item is.
    pub seen_to: Option<Seq>,
    /// Whether the newest message is visible.
    pub is_at_end: bool,
    /// Whether the oldest loaded message is visible.
    pub is_at_start: bool,
    /// The last message that is visible from its first to its last row; else the last visible one.
    pub last_whole: Option<Seq>,
    /// Whether something lay over the messages.
    pub is_covered: bool,
    /// Whether the selected message, taller than the list, continues above and below it.
    pub selected_continues: (bool, bool),
    /// Whether a countdown is visible.
    pub has_countdown: bool,
    /// The side panes for which there is no room.
    pub fold: Fold,
    /// The last row of the open text that may be at the top.
    pub last_top: usize,
    /// Rows of the open list or text.
    pub page: usize,
    /// The visible rows of the draft, each with the bytes it shows.
    pub draft_rows: Vec<(Area, Range<usize>)>,
    /// The visible pieces of links, each with its whole address.
    pub links: Vec<(Area, Box<str>)>,
    /// The targets of clicks; the last one at a cell wins.
    pub targets: Vec<(Area, Target)>,
}

impl Viewport {
    /// The bytes of the draft that the row of a cell shows, and the cell's column in it.
    pub fn draft_row(&self, column: u16, row: u16) -> Option<(Range<usize>, usize)> {
        let (area, shown) = self.draft_rows.iter().find(|(area, _)| area.y == row)?;
        Some((shown.clone(), usize::from(column.saturating_sub(area.x))))
    }

    /// The address of the link at a cell.
    pub fn link(&self, column: u16, row: u16) -> Option<&str> {
        self.links.iter().find(|(area, _)| area.contains(column, row)).map(|(_, address)| &**address)
    }

    /// The target at a cell.
    pub fn target(&self, column: u16, row: u16) -> Option<Target> {
        self.targets.iter().rev().find(|(area, _)| area.contains(column, row)).map(|(_, target)| *target)
    }
}

/// A mouse event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mouse {
    /// The first button was pressed.
    Click {
        /// The column.
        column: u16,
        /// The row.
        row: u16,
    },
    /// The first button was pressed with Ctrl or Alt, which opens a link.
    Follow {
        /// The column.
        column: u16,
        /// The row.
        row: u16,
    },
    /// The wheel was turned: negative is up.
    Wheel {
        /// Lines.
        lines: i32,
    },
}
