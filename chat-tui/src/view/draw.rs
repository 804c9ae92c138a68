//! Drawing primitives: text in a row, filled areas, lines. Must not know the model.
//!
//! Text is no `Paragraph`: that cuts where we shorten with an ellipsis, and wraps again at each frame what `cache` keeps.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Block, Borders, Clear, Widget as _};

use crate::app::Area;
use crate::text::{fit, width};

/// Writes one line at the left of `area`, shortened with an ellipsis if necessary. Returns its columns.
pub(super) fn text(buffer: &mut Buffer, area: Rect, text: &str, style: Style) -> u16 {
    if area.width == 0 || area.height == 0 {
        return 0;
    }
    let fitted = fit(text, usize::from(area.width));
    buffer.set_string(area.x, area.y, &*fitted, style);
    width(&fitted) as u16
}

/// Writes one line at the right of `area`. Returns its columns.
pub(super) fn text_right(buffer: &mut Buffer, area: Rect, text: &str, style: Style) -> u16 {
    let fitted = fit(text, usize::from(area.width));
    let columns = width(&fitted) as u16;
    let area = Rect { x: area.right() - columns, width: columns, ..area };
    self::text(buffer, area, &fitted, style)
}

/// Returns the rows of an area, from the top.
pub(super) fn rows(area: Rect) -> impl Iterator<Item = Rect> {
    (0..area.height).map(move |row| Rect { y: area.y + row, height: 1, ..area })
}

/// Returns the rest of a row after `columns`.
pub(super) fn after(row: Rect, columns: u16) -> Rect {
    let columns = columns.min(row.width);
    Rect { x: row.x + columns, width: row.width - columns, ..row }
}

/// Fills an area with blanks of a style.
pub(super) fn clear(buffer: &mut Buffer, area: Rect, style: Style) {
    Clear.render(area, buffer);
    buffer.set_style(area, style);
}

/// Draws a vertical line.
pub(super) fn line_down(buffer: &mut Buffer, x: u16, rows: (u16, u16), style: Style) {
    let area = Rect { x, y: rows.0, width: 1, height: rows.1.saturating_sub(rows.0) };
    Block::new().borders(Borders::LEFT).border_style(style).render(area, buffer);
}

/// Draws a horizontal line with a label: `─ label ────`, or `──── label ─` if the label is at the right.
pub(super) fn line_across(buffer: &mut Buffer, row: Rect, label: (&str, bool), style: Style) {
    let (label, is_right) = label;
    let columns = usize::from(row.width);
    let label = fit(label, columns.saturating_sub(6));
    let rest = columns.saturating_sub(width(&label) + 3);
    let line = if is_right {
        format!("{} {label} ─", "─".repeat(rest))
    } else {
        format!("─ {label} {}", "─".repeat(rest))
    };
    text(buffer, row, &line, style);
}

/// Formats a number in at most four columns.
pub(super) fn count(number: u32) -> String {
    if number > 999 { "999+".to_owned() } else { number.to_string() }
}

/// Converts a rectangle for the app.
pub(super) fn area(rect: Rect) -> Area {
    Area { x: rect.x, y: rect.y, width: rect.width, height: rect.height }
}
