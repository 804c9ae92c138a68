//! The former texts of a message and the present one. Must not know how they are requested.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::frame;
use crate::app::EditHistory;
use crate::app::Model;
use crate::text::wrap_words;
use crate::theme::{Role, Theme};
use crate::view::{draw, time};

/// Columns of the frame.
pub(super) const COLUMNS: u16 = 72;
/// Columns by which a text is indented.
const INDENT: u16 = 2;

/// A row: the time a text was replaced, or a line of the text.
enum Row {
    Head(String),
    Text(String),
    Empty,
}

/// Returns the rows of the frame on a screen of this width.
pub(super) fn height(model: &Model, shown: &EditHistory, columns: u16) -> u16 {
    let inner = columns.min(COLUMNS).saturating_sub(4);
    u16::try_from(rows(model, shown, inner).len()).unwrap_or(u16::MAX).saturating_add(2)
}

/// Draws the texts. Returns the last row that may be at the top.
pub(super) fn draw(model: &Model, theme: &Theme, outer: Rect, (shown, buffer): (&EditHistory, &mut Buffer)) -> usize {
    let by = model.rooms.get(&shown.room_key).and_then(|room| room.timeline.get(shown.seq)).map(|entry| entry.by);
    let name = by.zip(model.server()).map(|(by, server)| server.name(by)).unwrap_or_default();
    let title = format!("earlier versions by {}", name.as_str());
    let inner = frame::draw(theme, outer, (&title, "↑↓ scroll · Esc close"), buffer);
    let rows = rows(model, shown, inner.width);
    let last = rows.len().saturating_sub(usize::from(inner.height));
    for (row, area) in rows.iter().skip(shown.top.min(last)).zip(draw::rows(inner)) {
        match row {
            Row::Head(head) => drop(draw::text(buffer, area, head, theme.style(Role::OverlayDim))),
            Row::Text(line) => drop(draw::text(buffer, draw::after(area, INDENT), line, theme.style(Role::Overlay))),
            Row::Empty => {}
        }
    }
    last
}

fn rows(model: &Model, shown: &EditHistory, columns: u16) -> Vec<Row> {
    let zone = &model.setup.zone;
    let today = time::day(model.server_now(shown.room_key), zone);
    let mut rows = Vec::new();
    for (text, replaced_at) in &shown.texts {
        let clock = time::clock(*replaced_at, zone);
        let head = match time::day(*replaced_at, zone) {
            Some(day) if Some(day) != today => format!("until {day} {clock}"),
            Some(_) | None => format!("until {clock}"),
        };
        rows.push(Row::Head(head));
        push_text(&mut rows, text.as_str(), columns);
        rows.push(Row::Empty);
    }
    let present = model.rooms.get(&shown.room_key).and_then(|room| room.timeline.get(shown.seq)?.content());
    rows.push(Row::Head("now".to_owned()));
    push_text(&mut rows, present.map_or("", |content| content.text.as_str()), columns);
    rows
}

fn push_text(rows: &mut Vec<Row>, text: &str, columns: u16) {
    let lines = wrap_words(text, usize::from(columns.saturating_sub(INDENT)));
    rows.extend(lines.into_iter().map(|line| Row::Text(text[line].to_owned())));
}
