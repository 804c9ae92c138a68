//! The list of rooms to switch to. Must not know how rooms are searched.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

use super::frame;
use crate::app::Target;
use crate::app::{Switcher, SwitcherLine};
use crate::text::{prefix_width, width};
use crate::theme::{Role, Theme};
use crate::view::draw;
use crate::view::drawn::Drawn;

/// Most rooms visible at once.
const SHOWN: usize = 12;

/// Returns the rows of the list.
pub(super) fn rows(switcher: &Switcher) -> u16 {
    (switcher.lines.len().clamp(1, SHOWN) + 4) as u16
}

/// Draws the list.
pub(super) fn draw(list: &Switcher, theme: &Theme, outer: Rect, (buffer, drawn): (&mut Buffer, &mut Drawn)) {
    let inner = frame::draw(theme, outer, ("go to a room", "↑↓ choose · Enter go · Esc close"), buffer);
    let mut rows = draw::rows(inner);
    if let Some(row) = rows.next() {
        draw::text(buffer, row, "›", theme.style(Role::OverlayKey));
        let text = draw::after(row, 2);
        draw::text(buffer, text, list.query.text(), theme.style(Role::Overlay));
        let column = prefix_width(list.query.text(), list.query.cursor()) as u16;
        drawn.caret = Some(Position { x: (text.x + column).min(inner.right()), y: text.y });
    }
    rows.next();
    if list.lines.is_empty()
        && let Some(row) = rows.next()
    {
        let name = list.query.text().trim();
        let hint =
            if name.is_empty() { "no rooms".to_owned() } else { format!("no match; create it with /create {name}") };
        draw::text(buffer, row, &hint, theme.style(Role::OverlayDim));
        return;
    }
    let rows: Vec<_> = rows.collect();
    let skip = (list.selected + 1).saturating_sub(rows.len());
    for ((index, line), row) in list.lines.iter().enumerate().skip(skip).zip(rows) {
        let is_selected = index == list.selected;
        let style = theme.style(if is_selected { Role::OverlaySelected } else { Role::Overlay });
        buffer.set_style(row, style);
        draw_line(theme, line, (row, style), buffer);
        drawn.viewport.targets.push((draw::area(row), Target::ListLine(index)));
    }
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
    for (index, grapheme) in line.name.as_str().graphemes(true).enumerate() {
        let is_found = line.found.contains(&(index as u32));
        let style = if is_found { style.patch(theme.style(Role::OverlayMatch)) } else { style };
        draw::text(buffer, rest, grapheme, style);
        rest = draw::after(rest, width(grapheme) as u16);
    }
    if let Some(topic) = &line.topic {
        draw::text(
            buffer,
            draw::after(rest, 2),
            topic.as_str(),
            style.patch(Style { fg: theme.style(Role::OverlayDim).fg, ..Style::new() }),
        );
    }
}
