//! The pills at the edges of the message list: what is unread above and below the visible part. Must not know which rows
//! are visible, or what a click does.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::draw;
use super::drawn::Drawn;
use crate::app::{Room, Server, Target, UnreadCount};
use crate::text::width;
use crate::theme::{Role, Theme};

/// Draws the pills over the first and the last row of the list.
pub(super) fn draw(
    (room, server): (&Room, &Server),
    theme: &Theme,
    list: Rect,
    (buffer, drawn): (&mut Buffer, &mut Drawn),
) {
    let (top, seen_to) = (drawn.viewport.top, drawn.viewport.seen_to);
    let hidden = top.map(|(top, _)| room.out_of_sight((top, seen_to), server.my_id())).unwrap_or_default();
    let row = Rect { height: 1, width: list.width.saturating_sub(1), ..list };
    if let Some(unread) = text(hidden.above).filter(|_| list.height > 1) {
        pill((format!(" ↑ {unread} "), Target::MoreAbove), theme, row, (&mut *buffer, &mut *drawn));
    }
    if !drawn.viewport.is_at_end {
        let row = Rect { y: list.bottom() - 1, ..row };
        let text = text(hidden.below).map_or_else(|| " ↓ ".to_owned(), |unread| format!(" {unread} ↓ "));
        pill((text, Target::MoreBelow), theme, row, (buffer, drawn));
    }
}

/// Counts unread messages in words: `12 new · @1`; `None` if there are none.
fn text(unread: UnreadCount) -> Option<String> {
    let new = format!("{} new", draw::count(unread.messages));
    match (unread.messages, unread.mentions) {
        (0, _) => None,
        (_, 0) => Some(new),
        (_, mentions) => Some(format!("{new} · @{}", draw::count(mentions))),
    }
}

fn pill((text, target): (String, Target), theme: &Theme, row: Rect, (buffer, drawn): (&mut Buffer, &mut Drawn)) {
    let used = (width(&text) as u16).min(row.width);
    let area = Rect { x: row.right() - used, width: used, ..row };
    draw::clear(buffer, area, theme.style(Role::MoreBelow));
    draw::text(buffer, area, &text, theme.style(Role::MoreBelow));
    drawn.viewport.targets.push((draw::area(area), target));
}
