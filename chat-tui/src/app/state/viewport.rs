//! What was drawn last, as far as the next step depends on it: which message stands at the top, what a click hits.

use chat_proto::ids::Seq;

use super::panes::Fold;
use super::room_key::RoomKey;

/// Columns and rows of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Area {
    /// The leftmost column.
    pub x: u16,
    /// The topmost row.
    pub y: u16,
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

impl Area {
    /// Whether a cell lies in it.
    pub fn contains(self, column: u16, row: u16) -> bool {
        (self.x..self.x.saturating_add(self.width)).contains(&column)
            && (self.y..self.y.saturating_add(self.height)).contains(&row)
    }
}

/// What a click hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A room in the list.
    Room(RoomKey),
    /// A message.
    Message(Seq),
    /// The box one writes in.
    Composer,
    /// The hint that there is more below.
    MoreBelow,
    /// A line of the open list.
    ListLine(usize),
    /// The open overlay, beside its lines.
    Overlay,
}

/// What was drawn last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Viewport {
    /// The room whose messages were drawn.
    pub room_key: Option<RoomKey>,
    /// Rows of the message list.
    pub rows: u16,
    /// The message at the top of the list, and how many of its rows stand above it.
    pub top: Option<(Seq, i32)>,
    /// Whether the newest message is in sight.
    pub is_at_end: bool,
    /// Whether the oldest message at hand is in sight.
    pub is_at_start: bool,
    /// Whether a countdown is in sight.
    pub has_countdown: bool,
    /// Which side panes there is no room for.
    pub fold: Fold,
    /// The last row of the open text that may stand at its top.
    pub last_top: usize,
    /// What a click hits; the last one wins.
    pub targets: Vec<(Area, Target)>,
}

impl Viewport {
    /// What lies at a cell.
    pub fn target(&self, column: u16, row: u16) -> Option<Target> {
        self.targets.iter().rev().find(|(area, _)| area.contains(column, row)).map(|(_, target)| *target)
    }
}

/// What the mouse did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mouse {
    /// The first button was pressed.
    Click {
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
