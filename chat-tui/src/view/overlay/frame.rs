//! A frame in the middle of the screen. Must not know its content.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::theme::{Role, Theme};
use crate::view::draw;

/// Returns an area of at most this size, in the middle.
pub(super) fn centre(area: Rect, columns: u16, rows: u16) -> Rect {
    let (width, height) = (columns.min(area.width), rows.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 3, width, height }
}

/// Draws a frame with a title and a hint at its bottom. Returns the area inside.
pub(super) fn draw(theme: &Theme, outer: Rect, (title, hint): (&str, &str), buffer: &mut Buffer) -> Rect {
    draw::clear(buffer, outer, theme.style(Role::Overlay));
    let border = theme.style(Role::OverlayBorder);
    let across = "─".repeat(usize::from(outer.width.saturating_sub(2)));
    let rows: Vec<_> = draw::rows(outer).collect();
    for (index, row) in rows.iter().enumerate() {
        let is_last = index + 1 == rows.len();
        let line = match (index, is_last) {
            (0, _) => format!("╭{across}╮"),
            (_, true) => format!("╰{across}╯"),
            (_, false) => {
                draw::text(buffer, Rect { width: 1, ..*row }, "│", border);
                draw::text_right(buffer, *row, "│", border);
                continue;
            }
        };
        draw::text(buffer, *row, &line, border);
    }
    let label = |text: &str| format!(" {text} ");
    let title_row = Rect { x: outer.x + 2, width: outer.width.saturating_sub(4), height: 1, ..outer };
    draw::text(buffer, title_row, &label(title), theme.style(Role::OverlayTitle));
    if !hint.is_empty() {
        let row = Rect { y: outer.bottom() - 1, ..title_row };
        draw::text_right(buffer, row, &label(hint), theme.style(Role::OverlayDim));
    }
    Rect {
        x: outer.x + 2,
        y: outer.y + 1,
        width: outer.width.saturating_sub(4),
        height: outer.height.saturating_sub(2),
    }
}
