//! The list of rooms to switch to. Must not know how rooms are searched.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{frame, list};
use crate::app::{Switcher, SwitcherLine};
use crate::theme::{Role, Theme};
use crate::view::draw;
use crate::view::drawn::Drawn;

/// Columns of the frame.
pub(super) const COLUMNS: u16 = 60;

/// Draws the list.
pub(super) fn draw(rooms: &Switcher, theme: &Theme, outer: Rect, (buffer, drawn): (&mut Buffer, &mut Drawn)) {
    let inner = frame::draw(theme, outer, ("go to a room", "↑↓ choose · Enter go · Esc close"), buffer);
    let free = list::draw_query(theme, inner, &rooms.query, (&mut *buffer, &mut *drawn));
    if let (true, Some(row)) = (rooms.lines.is_empty(), free.first()) {
        let name = rooms.query.text().trim();
        let hint =
            if name.is_empty() { "no rooms".to_owned() } else { format!("no match; create it with /create {name}") };
        draw::text(buffer, *row, &hint, theme.style(Role::OverlayDim));
    }
    let lines = (rooms.selected, rooms.lines.len());
    list::draw_lines(theme, free, lines, (buffer, drawn), |index, row, style, buffer| {
        draw_line(theme, &rooms.lines[index], (row, style), buffer);
    });
}

fn draw_line(theme: &Theme, line: &SwitcherLine, (row, style): (Rect, Style), buffer: &mut Buffer) {
    let badge = match (line.is_member, line.mentions, line.unread) {
        (false, ..) => "join".to_owned(),
        (true, 0, 0) => String::new(),
        (true, 0, unread) => unread.to_string(),
        (true, mentions, unread) if unread > mentions => format!("@{mentions} {unread}"),
        (true, mentions, _) => format!("@{mentions}"),
    };
    let role = if line.mentions > 0 { Role::BadgeMention } else { Role::BadgeUnread };
    let used = draw::text_right(buffer, row, &badge, style.patch(theme.style(role)));
    let mut rest = Rect { width: row.width.saturating_sub(used + 1), ..row };
    let used = draw::text(buffer, rest, "# ", style);
    rest = draw::after(rest, used);
    rest = list::draw_found(theme, (line.name.as_str(), &line.found), (rest, style), buffer);
    if let Some(topic) = &line.topic {
        draw::text(
            buffer,
            draw::after(rest, 2),
            topic.as_str(),
            style.patch(Style { fg: theme.style(Role::OverlayDim).fg, ..Style::new() }),
        );
    }
}
