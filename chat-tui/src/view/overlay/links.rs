//! The links of a message. Must not know how one is opened.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{frame, list};
use crate::app::LinkList;
use crate::theme::{Role, Theme};
use crate::view::draw;
use crate::view::drawn::Drawn;

/// Columns of the frame.
pub(super) const COLUMNS: u16 = 92;

/// Draws the list.
pub(super) fn draw(links: &LinkList, theme: &Theme, outer: Rect, (buffer, drawn): (&mut Buffer, &mut Drawn)) {
    let inner = frame::draw(theme, outer, ("open a link", "Enter open · y copy · Esc close"), buffer);
    let rows = draw::rows(inner).collect();
    let lines = (links.selected, links.links.len());
    list::draw_lines(theme, rows, lines, (buffer, drawn), |index, row, style, buffer| {
        // The numbers that are also keys.
        let number = if index < 9 { format!("{} ", index + 1) } else { "  ".to_owned() };
        let used = draw::text(buffer, row, &number, style.patch(theme.style(Role::OverlayKey)));
        draw::text(buffer, draw::after(row, used), &links.links[index], style);
    });
}
