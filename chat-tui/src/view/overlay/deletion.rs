//! The question before a message is deleted. Must not know how it is answered.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::frame;
use crate::text::wrap_words;
use crate::theme::{Role, Theme};
use crate::view::draw;

/// Draws the question.
pub(super) fn draw(theme: &Theme, outer: Rect, (text, buffer): (&str, &mut Buffer)) {
    let inner = frame::draw(theme, outer, ("delete this message?", "y deletes · n, Esc keep it"), buffer);
    let mut rows = draw::rows(inner);
    if let Some(row) = rows.next() {
        draw::text(buffer, row, text, theme.style(Role::Overlay));
    }
    rows.next();
    let hint = "The text is removed from the server and every screen.";
    for (line, row) in wrap_words(hint, usize::from(inner.width)).into_iter().zip(rows) {
        draw::text(buffer, row, &hint[line], theme.style(Role::OverlayDim));
    }
}
