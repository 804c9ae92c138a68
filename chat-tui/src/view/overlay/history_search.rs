//! The list of the lines sent before. Must not know how they are searched.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{frame, list};
use crate::app::HistorySearch;
use crate::theme::{Role, Theme};
use crate::view::draw;
use crate::view::drawn::Drawn;

/// Columns of the frame.
pub(super) const COLUMNS: u16 = 92;
/// Below this width the hint names fewer keys.
const NARROW: u16 = 44;

/// Draws the list.
pub(super) fn draw(search: &HistorySearch, theme: &Theme, outer: Rect, (buffer, drawn): (&mut Buffer, &mut Drawn)) {
    let is_narrow = outer.width < NARROW;
    let hint = if is_narrow { "Enter take · Esc back" } else { "Ctrl+R older · Enter take · Esc back" };
    let inner = frame::draw(theme, outer, ("search what you sent", hint), buffer);
    let rows = list::draw_query(theme, inner, &search.query, (&mut *buffer, &mut *drawn));
    if let (true, Some(row)) = (search.lines.is_empty(), rows.first()) {
        let is_asked = !search.query.is_empty();
        let none = if is_asked { "you sent nothing that contains this" } else { "you sent nothing yet" };
        draw::text(buffer, *row, none, theme.style(Role::OverlayDim));
    }
    let lines = (search.selected, search.lines.len());
    list::draw_lines(theme, rows, lines, (buffer, drawn), |index, row, style, buffer| {
        let line = &search.lines[index];
        list::draw_found(theme, (search.shown(line), &line.found), (row, style), buffer);
    });
}
