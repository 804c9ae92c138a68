//! The keys as they are bound just now, and the commands.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::frame;
use crate::action::{Action, Context};
use crate::app::Model;
use crate::theme::{Role, Theme};
use crate::view::draw;

/// Columns for the keys.
const KEYS: u16 = 32;

enum Line {
    Title(&'static str),
    Entry(String, &'static str),
    Empty,
}

/// Draws the help from a line on.
pub(super) fn draw(model: &Model, theme: &Theme, outer: Rect, (top, buffer): (usize, &mut Buffer)) {
    let inner = frame::draw(theme, outer, ("help", "↑↓ scroll · Esc close"), buffer);
    let lines = lines(model);
    let top = top.min(lines.len().saturating_sub(usize::from(inner.height)));
    for (line, row) in lines.iter().skip(top).zip(draw::rows(inner)) {
        match line {
            Line::Title(title) => drop(draw::text(buffer, row, title, theme.style(Role::OverlayTitle))),
            Line::Entry(keys, help) => {
                let width = KEYS.min(row.width / 2);
                draw::text(buffer, Rect { width: width.saturating_sub(1), ..row }, keys, theme.style(Role::OverlayKey));
                draw::text(buffer, draw::after(row, width), help, theme.style(Role::Overlay));
            }
            Line::Empty => {}
        }
    }
}

fn lines(model: &Model) -> Vec<Line> {
    let mut lines = Vec::new();
    let sections = [
        (Context::Everywhere, "everywhere"),
        (Context::Composer, "writing"),
        (Context::Messages, "a message selected (Esc from writing)"),
        (Context::List, "lists"),
    ];
    for (context, title) in sections {
        lines.push(Line::Title(title));
        for entry in Action::TABLE {
            if let Some(keys) = model.setup.keys.get(&(context, entry.action)) {
                lines.push(Line::Entry(keys.join(", "), entry.help));
            }
        }
        lines.push(Line::Empty);
    }
    lines.push(Line::Title("commands"));
    for (slash, help) in Action::TABLE.iter().filter_map(|entry| Some((entry.slash?, entry.help))) {
        lines.push(Line::Entry(format!("/{} {}", slash.word, slash.argument).trim_end().to_owned(), help));
    }
    lines
}
