//! A frame in the middle of the screen. Must not know its content.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Padding, Widget as _};

use crate::text::fit;
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
    let columns = usize::from(outer.width.saturating_sub(4));
    // A block cuts a long title; ours ends with an ellipsis.
    let label = |text: &str, role| Span::styled(fit(&format!(" {text} "), columns).into_owned(), theme.style(role));
    let title = Line::from(vec![Span::styled("─", border), label(title, Role::OverlayTitle)]);
    let mut block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(border)
        .padding(Padding::horizontal(1))
        .title_top(title);
    if !hint.is_empty() {
        let hint = Line::from(vec![label(hint, Role::OverlayDim), Span::styled("─", border)]);
        block = block.title_bottom(hint.right_aligned());
    }
    let inner = block.inner(outer);
    block.render(outer, buffer);
    inner
}
