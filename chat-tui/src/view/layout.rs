//! Where each part of the screen lies.

use ratatui::layout::Rect;

use super::composer;
use crate::app::{Model, PaneChoice};

/// Below this width the side panes fold away.
const WIDE: u16 = 80;

/// A side pane.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pane {
    /// Its cells, without the line beside it.
    pub(super) area: Rect,
    /// The column of the line that sets it off, if there is one.
    pub(super) border: Option<u16>,
}

/// Where each part lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// The rooms, to the left.
    pub(super) rooms: Option<Pane>,
    /// Room, topic, link.
    pub(super) bar: Rect,
    /// The messages.
    pub(super) list: Rect,
    /// Who types, or a notice.
    pub(super) footer: Rect,
    /// The box one writes in.
    pub(super) composer: Rect,
    /// People and topics, to the right.
    pub(super) people: Option<Pane>,
}

impl Layout {
    /// The parts of a screen of this size.
    pub(super) fn of(model: &Model, area: Rect) -> Self {
        let is_wide = area.width >= WIDE;
        let (rooms_width, people_width) = widths(area.width);
        let rooms_beside = is_wide && model.rooms_pane != PaneChoice::Hidden;
        let people_beside = is_wide && model.people_pane != PaneChoice::Hidden;
        let left = if rooms_beside { rooms_width + 1 } else { 0 };
        let right = if people_beside { people_width + 1 } else { 0 };
        let main = Rect { x: area.x + left, width: area.width - left, ..area };
        let centre = Rect { width: main.width - right, ..main };
        let composer_rows = composer::rows(model, centre.width).min((area.height / 3).clamp(1, 8));
        let list_rows = area.height.saturating_sub(2 + composer_rows);
        let bar = Rect { height: 1, ..main };
        let list = Rect { y: area.y + 1, height: list_rows, ..centre };
        let footer = Rect { y: list.bottom(), height: 1, ..centre };
        let composer = Rect { y: footer.bottom(), height: composer_rows, ..centre };
        let rooms = Rect { width: rooms_width, ..area };
        let people = Rect { x: centre.right() + 1, y: area.y + 1, width: people_width, height: area.height - 1 };
        // Where there is no room beside the messages, a pane that is wanted lies over them.
        let over = Rect { y: area.y + 1, height: list_rows, ..area };
        let pane = |is_beside: bool, choice: PaneChoice, area: Rect, border: u16| match (is_beside, choice) {
            (true, _) => Some(Pane { area, border: Some(border) }),
            (false, PaneChoice::Shown) if !is_wide => Some(Pane { area: over, border: None }),
            (false, _) => None,
        };
        Self {
            rooms: pane(rooms_beside, model.rooms_pane, rooms, rooms.right()),
            people: pane(people_beside, model.people_pane, people, centre.right()),
            bar,
            list,
            footer,
            composer,
        }
    }
}

/// Columns of the two panes: the messages get what is left.
fn widths(width: u16) -> (u16, u16) {
    match width {
        0..100 => (16, 16),
        100..160 => (20, 22),
        _ => (26, 28),
    }
}
