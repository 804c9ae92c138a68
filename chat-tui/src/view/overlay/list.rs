//! The shared look of lists to choose from: the query, the lines with the selected one, the letters that were found. Must
//! not know what a line stands for.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

use crate::app::{Editor, Target};
use crate::text::{fit, prefix_width, width};
use crate::theme::{Role, Theme};
use crate::view::draw;
use crate::view::drawn::Drawn;

/// Most lines visible at once.
const SHOWN: usize = 12;

/// Returns the rows of the frame around a query and so many lines.
pub(super) fn rows(lines: usize) -> u16 {
    (lines.clamp(1, SHOWN) + 4) as u16
}

/// Draws the query in the first row, with the caret. Returns the rows for the lines.
pub(super) fn draw_query(
    theme: &Theme,
    inner: Rect,
    query: &Editor,
    (buffer, drawn): (&mut Buffer, &mut Drawn),
) -> Vec<Rect> {
    let row = Rect { height: inner.height.min(1), ..inner };
    draw::text(buffer, row, "›", theme.style(Role::OverlayKey));
    let text = draw::after(row, 2);
    draw::text(buffer, text, query.text(), theme.style(Role::Overlay));
    let column = prefix_width(query.text(), query.cursor()) as u16;
    drawn.caret = Some(Position { x: (text.x + column).min(inner.right()), y: text.y });
    draw::rows(inner).skip(2).collect()
}

/// Draws the lines around the selected one, and makes each a target of clicks.
pub(super) fn draw_lines(
    theme: &Theme,
    rows: Vec<Rect>,
    (selected, lines): (usize, usize),
    (buffer, drawn): (&mut Buffer, &mut Drawn),
    draw_line: impl Fn(usize, Rect, Style, &mut Buffer),
) {
    let skip = (selected + 1).saturating_sub(rows.len());
    for (index, row) in (0..lines).skip(skip).zip(rows) {
        let style = theme.style(if index == selected { Role::OverlaySelected } else { Role::Overlay });
        buffer.set_style(row, style);
        draw_line(index, row, style, buffer);
        drawn.viewport.targets.push((draw::area(row), Target::ListLine(index)));
    }
}

/// Draws a text with the letters that match the query. Returns the rest of the row.
pub(super) fn draw_found(
    theme: &Theme,
    (text, found): (&str, &[u32]),
    (row, style): (Rect, Style),
    buffer: &mut Buffer,
) -> Rect {
    let mut rest = row;
    for (index, grapheme) in fit(text, usize::from(row.width)).graphemes(true).enumerate() {
        let is_found = found.contains(&(index as u32));
        let style = if is_found { style.patch(theme.style(Role::OverlayMatch)) } else { style };
        draw::text(buffer, rest, grapheme, style);
        rest = draw::after(rest, width(grapheme) as u16);
    }
    rest
}
