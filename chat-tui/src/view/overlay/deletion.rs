//! The question before a message is deleted.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::frame;
use crate::theme::{Role, Theme};
use crate::view::draw;

/// Draws the question.
pub(super) fn draw(theme: &Theme, outer: Rect, (text, buffer): (&str, &mut Buffer)) {
    let inner = frame::draw(theme, outer, ("delete this message?", "Enter or y deletes · Esc or n keeps"), buffer);
    let mut rows = draw::rows(inner);
    rows.next();
    if let Some(row) = rows.next() {
        draw::text(buffer, row, text, theme.style(Role::Overlay));
    }
    if let Some(row) = rows.next() {
        let hint = "Its text goes from the server and from all screens.";
        draw::text(buffer, row, hint, theme.style(Role::OverlayDim));
    }
}
