//! Divides the screen among its parts. Must not know how a part is drawn.

use ratatui::layout::Rect;

use super::row::Columns;
use super::{composer, footer};
use crate::app::{self, Fold, Model};

/// Below this width both side panes are folded away.
const WIDE: u16 = 80;
/// Least columns of message text beside the panes; with fewer, the people pane is folded away.
const TEXT: u16 = 49;

/// A side pane.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pane {
    /// Its cells, without the border.
    pub(super) area: Rect,
    /// The column of its border, if it has one.
    pub(super) border: Option<u16>,
}

/// The area of each part.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// The panes that have no room.
    pub(super) fold: Fold,
    /// The rooms, on the left.
    pub(super) rooms: Option<Pane>,
    /// The bar with room, topic and connection.
    pub(super) bar: Rect,
    /// The messages.
    pub(super) list: Rect,
    /// The lines above the input box.
    pub(super) footer: Rect,
    /// The content of those lines.
    pub(super) footer_lines: Vec<footer::Line>,
    /// The input box.
    pub(super) composer: Rect,
    /// People and trending words, on the right.
    pub(super) people: Option<Pane>,
}

impl Layout {
    /// Lays out a screen of this size.
    pub(super) fn of(model: &Model, area: Rect) -> Self {
        let fold = fold(area.width);
        // Before the first sign-in there is nothing to list.
        let is_bare = model.sign_in.is_some() && model.rooms.is_empty();
        let is_beside = |pane| !(fold == Fold::Both || is_bare) && model.panes.shows(pane, fold);
        let (rooms_width, people_width) = widths(area.width);
        let left = if is_beside(app::Pane::Rooms) { rooms_width + 1 } else { 0 };
        let right = if is_beside(app::Pane::People) { people_width + 1 } else { 0 };
        let main = Rect { x: area.x + left, width: area.width - left, ..area };
        let centre = Rect { width: main.width - right, ..main };
        let composer_rows = composer::rows(model, centre.width).min((area.height / 3).clamp(1, 8));
        let free = area.height.saturating_sub(1 + composer_rows);
        let footer_lines = footer::lines(model, centre.width, usize::from(free / 2));
        let footer_rows = footer_lines.len() as u16;
        let list_rows = free.saturating_sub(footer_rows);
        let bar = Rect { height: 1, ..main };
        let list = Rect { y: area.y + 1, height: list_rows, ..centre };
        let footer = Rect { y: list.bottom(), height: footer_rows, ..centre };
        let composer = Rect { y: footer.bottom(), height: composer_rows, ..centre };
        let rooms = Rect { width: rooms_width, ..area };
        let people = Rect { x: centre.right() + 1, y: area.y + 1, width: people_width, height: area.height - 1 };
        // A folded pane that is opened covers the messages.
        let over = Rect { y: area.y + 1, height: list_rows, ..area };
        let pane = |pane, area: Rect, border: u16| {
            if is_beside(pane) {
                return Some(Pane { area, border: Some(border) });
            }
            (model.panes.shows(pane, fold) && !is_bare).then_some(Pane { area: over, border: None })
        };
        Self {
            fold,
            rooms: pane(app::Pane::Rooms, rooms, rooms.right()),
            people: pane(app::Pane::People, people, centre.right()),
            bar,
            list,
            footer,
            footer_lines,
            composer,
        }
    }
}

/// Returns the panes to fold away at this width: the message text has priority.
fn fold(width: u16) -> Fold {
    let (rooms, people) = widths(width);
    let beside_both = width.saturating_sub(rooms + people + 2);
    match width {
        0..WIDE => Fold::Both,
        _ if Columns::of(beside_both, true).body_width < TEXT => Fold::People,
        _ => Fold::Neither,
    }
}

/// Returns the columns of the two panes; the messages get the rest.
fn widths(width: u16) -> (u16, u16) {
    match width {
        0..106 => (14, 16),
        106..120 => (18, 20),
        120..160 => (20, 22),
        _ => (26, 28),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wherever_there_are_panes_the_text_keeps_its_columns() {
        for width in WIDE..250 {
            let (rooms, people) = widths(width);
            let (right, has_right) = if fold(width) == Fold::People { (0, false) } else { (people + 1, true) };
            let text = Columns::of(width - rooms - 1 - right, has_right).body_width;
            assert!(text >= TEXT, "{text} at {width}");
        }
        assert_eq!([fold(79), fold(80), fold(97), fold(98)], [Fold::Both, Fold::People, Fold::People, Fold::Neither]);
        assert!((98..250).all(|width| fold(width) == Fold::Neither));
    }
}
