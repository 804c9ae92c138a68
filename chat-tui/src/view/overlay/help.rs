//! Help: the present key bindings with the names of their actions, and the commands. Must not know how a key is bound.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::frame;
use crate::action::{Action, KeyContext};
use crate::app::Model;
use crate::text::wrap_words;
use crate::theme::{Role, Theme};
use crate::view::draw;
use crate::view::drawn::Drawn;

/// Columns of the keys.
const KEYS: usize = 32;
/// Least columns of the descriptions; with fewer, they are below the keys.
const HELP: usize = 34;

/// Below this width the hint names fewer keys.
const NARROW: u16 = 60;

enum Line {
    Title(&'static str),
    /// Keys with their action, and its name in `keymap.toml`.
    Keys {
        keys: String,
        help: &'static str,
        name: &'static str,
    },
    Command(String, &'static str),
    Empty,
}

/// A row: a title, keys, a description, or keys with a description beside them.
enum Row {
    Title(String),
    Keys(String),
    Help(String),
    Both(String, String),
}

/// Draws the lines that contain the query, from row `top` on.
pub(super) fn draw(
    model: &Model,
    theme: &Theme,
    outer: Rect,
    ((top, query), buffer, drawn): ((usize, &str), &mut Buffer, &mut Drawn),
) {
    let is_narrow = outer.width < NARROW;
    let hint = if is_narrow { "type to filter · Esc close" } else { "type to filter · PgUp PgDn · Esc close" };
    let mut inner = frame::draw(theme, outer, ("help", hint), buffer);
    if !query.is_empty() {
        let row = Rect { height: 1, ..inner };
        let used = draw::text(buffer, row, &format!("› {query}"), theme.style(Role::OverlayTitle));
        drawn.caret = Some(Position::new(row.x + used.min(row.width.saturating_sub(1)), row.y));
        inner = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
    }
    let columns = usize::from(inner.width);
    let mut rows: Vec<_> = matching(lines(model), query).iter().flat_map(|line| rows(line, columns)).collect();
    if rows.is_empty() {
        rows.push(Row::Title("No key or command is called that.".to_owned()));
    }
    let last = rows.len().saturating_sub(usize::from(inner.height));
    drawn.viewport.last_top = last;
    drawn.viewport.page = usize::from(inner.height);
    let (key, text) = (theme.style(Role::OverlayKey), theme.style(Role::Overlay));
    for (row, area) in rows.iter().skip(top.min(last)).zip(draw::rows(inner)) {
        match row {
            Row::Title(title) => drop(draw::text(buffer, area, title, theme.style(Role::OverlayTitle))),
            Row::Keys(keys) => drop(draw::text(buffer, area, keys, key)),
            Row::Help(help) => drop(draw::text(buffer, draw::after(area, 2), help, text)),
            Row::Both(keys, help) => {
                draw::text(buffer, area, keys, key);
                draw::text(buffer, draw::after(area, KEYS as u16), help, text);
            }
        }
    }
}

/// The lines that contain each word of the query, below the titles of their sections.
fn matching(lines: Vec<Line>, query: &str) -> Vec<Line> {
    let query = query.to_lowercase();
    let words: Vec<_> = query.split_whitespace().collect();
    if words.is_empty() {
        return lines;
    }
    let contains = |text: String| words.iter().all(|word| text.to_lowercase().contains(word));
    let mut title = None;
    let mut found = Vec::new();
    for line in lines {
        let is_match = match &line {
            Line::Title(_) => {
                title = Some(line);
                continue;
            }
            Line::Keys { keys, help, name } => contains(format!("{keys} {help} {name}")),
            Line::Command(command, help) => contains(format!("{command} {help}")),
            Line::Empty => false,
        };
        if is_match {
            found.extend(title.take());
            found.push(line);
        }
    }
    found
}

/// Wraps a line into rows; nothing is cut.
fn rows(line: &Line, columns: usize) -> Vec<Row> {
    let wrap = |text: &str, columns: usize| -> Vec<String> {
        wrap_words(text, columns).into_iter().map(|line| text[line].to_owned()).collect()
    };
    let (keys, help) = match line {
        Line::Title(title) => return wrap(title, columns).into_iter().map(Row::Title).collect(),
        Line::Empty => return vec![Row::Title(String::new())],
        Line::Command(command, help) => (command, (*help).to_owned()),
        Line::Keys { keys, help, name } => (keys, format!("{help} · {name}")),
    };
    if columns < KEYS + HELP {
        let keys = wrap(keys, columns).into_iter().map(Row::Keys);
        return keys.chain(wrap(&help, columns.saturating_sub(2)).into_iter().map(Row::Help)).collect();
    }
    let (keys, help) = (wrap(keys, KEYS - 1), wrap(&help, columns - KEYS));
    let at = |lines: &[String], index: usize| lines.get(index).cloned().unwrap_or_default();
    (0..keys.len().max(help.len())).map(|index| Row::Both(at(&keys, index), at(&help, index))).collect()
}

fn lines(model: &Model) -> Vec<Line> {
    let mut lines = Vec::new();
    let sections = [
        (KeyContext::Everywhere, "everywhere"),
        (KeyContext::Composer, "writing"),
        (KeyContext::Messages, "a message selected (Esc from writing)"),
        (KeyContext::List, "lists"),
    ];
    for (context, title) in sections {
        lines.push(Line::Title(title));
        for spec in Action::TABLE {
            if let Some(keys) = model.setup.keys.get(&(context, spec.action)) {
                lines.push(Line::Keys { keys: keys.join(", "), help: spec.help, name: spec.name });
            }
        }
        lines.push(Line::Empty);
    }
    lines.push(Line::Title("commands"));
    for (slash, help) in Action::TABLE.iter().filter_map(|spec| Some((spec.slash?, spec.help))) {
        lines.push(Line::Command(format!("/{} {}", slash.word, slash.argument).trim_end().to_owned(), help));
    }
    lines
}
