//! The list of the lines sent before. Must not know how they are searched.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{frame, list};
use crate::action::{Action, KeyContext};
use crate::app::{HistorySearch, Setup};
use crate::theme::{Role, Theme};
use crate::view::draw;
use crate::view::drawn::Drawn;

/// Columns of the frame.
pub(super) const COLUMNS: u16 = 92;
/// Below this width the hint names fewer keys.
const NARROW: u16 = 44;

/// Draws the list.
pub(super) fn draw(
    (search, setup): (&HistorySearch, &Setup),
    theme: &Theme,
    outer: Rect,
    (buffer, drawn): (&mut Buffer, &mut Drawn),
) {
    let key = |action, usual| setup.usual_key(KeyContext::List, action, usual);
    let keys = [
        (key(Action::ListDown, "Ctrl+R").filter(|_| outer.width >= NARROW), "older"),
        (key(Action::Choose, "Enter"), "take"),
        (key(Action::Close, "Esc"), "back"),
    ];
    let hint: Vec<_> = keys.into_iter().filter_map(|(key, verb)| Some(format!("{} {verb}", key?))).collect();
    let inner = frame::draw(theme, outer, ("search what you sent", &hint.join(" · ")), buffer);
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
