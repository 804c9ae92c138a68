//! Writes cells in few bytes: the shortest cursor movement, only the changed attributes, blanks erased, and links around
//! their cells. Must not know which cells changed. Pure.

#![deny(clippy::disallowed_methods)]

use crossterm::style::Colored;
use ratatui::backend::IntoCrossterm;
use ratatui::buffer::Cell;
use ratatui::style::{Modifier, Style};

use super::cluster::{Clusters, is_sure};
use crate::text::{Links, width};

/// Modifiers that are visible on a blank.
const SEEN_ON_BLANKS: Modifier = Modifier::UNDERLINED.union(Modifier::REVERSED).union(Modifier::CROSSED_OUT);
/// Modifiers with the parameters that set and end them (ECMA-48 § 8.3.117).
const MODIFIERS: [(Modifier, &str, &str); 8] = [
    (Modifier::BOLD, "1", "22"),
    (Modifier::DIM, "2", "22"),
    (Modifier::ITALIC, "3", "23"),
    (Modifier::UNDERLINED, "4", "24"),
    (Modifier::SLOW_BLINK, "5", "25"),
    (Modifier::REVERSED, "7", "27"),
    (Modifier::HIDDEN, "8", "28"),
    (Modifier::CROSSED_OUT, "9", "29"),
];

/// Returns whether a cell shows only its background.
pub(super) fn is_blank(cell: &Cell) -> bool {
    cell.symbol() == " " && !cell.modifier.intersects(SEEN_ON_BLANKS)
}

/// Returns whether a cell looks like one that was erased with plain colours.
pub(super) fn is_erased(cell: &Cell) -> bool {
    is_blank(cell) && cell.bg == Cell::EMPTY.bg
}

/// Returns whether two cells look the same.
pub(super) fn looks_like(one: &Cell, other: &Cell) -> bool {
    one == other || (is_blank(one) && is_blank(other) && one.bg == other.bg)
}

/// The bytes for the terminal, and the terminal's state after them.
#[derive(Debug)]
pub(super) struct Pen<'a> {
    pub(super) out: Vec<u8>,
    clusters: Clusters,
    links: &'a Links,
    /// The link that is open.
    link: Option<u32>,
    /// The cursor's position, if known.
    at: Option<(u16, u16)>,
    /// The current style, as that of a cell.
    look: Style,
    columns: u16,
}

impl<'a> Pen<'a> {
    /// Creates a pen for a terminal with a plain style and the cursor anywhere.
    pub(super) fn new(columns: u16, clusters: Clusters, links: &'a Links) -> Self {
        Self { out: Vec::new(), clusters, links, link: None, at: None, look: Cell::EMPTY.style(), columns }
    }

    /// Sends a sequence after which the cursor's position is unknown.
    pub(super) fn send(&mut self, sequence: &str) {
        self.out.extend_from_slice(sequence.as_bytes());
        self.at = None;
    }

    /// Restores the plain style and returns the bytes.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.set_style(Cell::EMPTY.style());
        self.out
    }

    /// Moves the cursor.
    pub(super) fn go(&mut self, x: u16, y: u16) {
        let absolute = if x == 0 { format!("\x1b[{}H", y + 1) } else { format!("\x1b[{};{}H", y + 1, x + 1) };
        let way = match self.at {
            Some(at) if at == (x, y) => return,
            // Line feeds keep the column and, above the last row, do not scroll.
            Some((at_x, at_y)) if at_y <= y && y - at_y <= 3 => {
                let down = "\n".repeat(usize::from(y - at_y));
                let cursor_step = cursor_step(at_x, x);
                if down.len() + cursor_step.len() < absolute.len() { down + &cursor_step } else { absolute }
            }
            _ => absolute,
        };
        self.out.extend_from_slice(way.as_bytes());
        self.at = Some((x, y));
    }

    /// Writes a cell at a position.
    pub(super) fn write(&mut self, cell: &Cell, (x, y): (u16, u16)) {
        self.go(x, y);
        let is_worn = is_blank(cell)
            && self.link.is_none()
            && Some(cell.bg) == self.look.bg
            && !self.look.add_modifier.intersects(SEEN_ON_BLANKS);
        if !is_worn {
            self.set_style(cell.style());
        }
        let shown = self.clusters.shown(cell.symbol()).into_owned();
        let columns = width(cell.symbol()) as u16;
        let is_sure = is_sure(&shown);
        if !is_sure && columns == 2 {
            // If the terminal draws it in one column, the second one must not keep its former content.
            self.out.extend_from_slice(b"  ");
            self.at = None;
            self.go(x, y);
        }
        self.out.extend_from_slice(shown.as_bytes());
        // Terminals disagree on the cursor's position after the last column.
        self.at = (is_sure && x + columns < self.columns).then_some((x + columns, y));
    }

    /// Erases some columns, or the rest of the row if `is_rest`; they are plain afterwards.
    pub(super) fn erase(&mut self, (x, y): (u16, u16), columns: u16, is_rest: bool) {
        self.go(x, y);
        let has_ground = self.look.bg != Cell::EMPTY.style().bg;
        if has_ground || self.link.is_some() || self.look.add_modifier.intersects(SEEN_ON_BLANKS) {
            self.set_style(Cell::EMPTY.style());
        }
        let sequence = if is_rest { "\x1b[K".to_owned() } else { format!("\x1b[{columns}X") };
        self.out.extend_from_slice(sequence.as_bytes());
    }

    /// Changes the style, from the current one or from plain, whichever is shorter.
    fn set_style(&mut self, look: Style) {
        if look == self.look {
            return;
        }
        self.set_link(look);
        let changed = changes(self.look, look);
        if changed.is_empty() {
            self.look = look;
            return;
        }
        let anew = changes(Cell::EMPTY.style(), look);
        let anew = if anew.is_empty() { String::new() } else { format!("0;{anew}") };
        let shorter = if anew.len() < changed.len() { anew } else { changed };
        self.out.extend_from_slice(format!("\x1b[{shorter}m").as_bytes());
        self.look = look;
    }

    /// Opens or closes a link (OSC 8). Its rows share a number, so that the terminal takes them for one link.
    fn set_link(&mut self, look: Style) {
        let next = self.links.of(look);
        let number = next.map(|(number, _)| number);
        if number != self.link {
            let sequence = next.map_or_else(
                || "\x1b]8;;\x07".to_owned(),
                |(number, address)| format!("\x1b]8;id={number:x};{address}\x07"),
            );
            self.out.extend_from_slice(sequence.as_bytes());
            self.link = number;
        }
    }
}

/// Returns the shortest movement within a row.
fn cursor_step(from: u16, to: u16) -> String {
    let by = |count: u16, letter: char| match count {
        1 => format!("\x1b[{letter}"),
        count => format!("\x1b[{count}{letter}"),
    };
    let relative = match to {
        _ if to == from => return String::new(),
        0 => return "\r".to_owned(),
        _ if to > from => by(to - from, 'C'),
        _ => by(from - to, 'D'),
    };
    let column = format!("\x1b[{}G", to + 1);
    if column.len() < relative.len() { column } else { relative }
}

/// Returns the older form of the first 16 colours (`31` for `38;5;1`), which is shorter, and known to terminals with no
/// others.
fn shortest(parameter: String, is_fore: bool) -> String {
    let (normal, bright) = if is_fore { (30, 90) } else { (40, 100) };
    match parameter.get(2..).and_then(|rest| rest.strip_prefix(";5;")).and_then(|number| number.parse::<u8>().ok()) {
        Some(number @ 0..8) => (normal + number).to_string(),
        Some(number @ 8..16) => (bright + number - 8).to_string(),
        Some(_) | None => parameter,
    }
}

/// Returns the parameters that change one style into another.
fn changes(from: Style, to: Style) -> String {
    let mut parameters: Vec<String> = Vec::new();
    let removed = from.add_modifier.difference(to.add_modifier);
    // Bold and dim end together.
    let weights = Modifier::BOLD | Modifier::DIM;
    let lost = if removed.intersects(weights) { weights } else { Modifier::empty() };
    for (modifier, _, end) in MODIFIERS {
        if removed.contains(modifier) && !parameters.iter().any(|sent| sent == end) {
            parameters.push(end.to_owned());
        }
    }
    let added = to.add_modifier.difference(from.add_modifier) | to.add_modifier.intersection(lost);
    parameters
        .extend(MODIFIERS.iter().filter(|(modifier, ..)| added.contains(*modifier)).map(|(_, set, _)| (*set).into()));
    let plain = Cell::EMPTY.style();
    for (old, new, none, is_fore) in [(from.fg, to.fg, plain.fg, true), (from.bg, to.bg, plain.bg, false)] {
        match new {
            _ if new == old => {}
            Some(color) if new != none => {
                let color = color.into_crossterm();
                let sent = if is_fore { Colored::ForegroundColor(color) } else { Colored::BackgroundColor(color) };
                parameters.push(shortest(sent.to_string(), is_fore));
            }
            _ => parameters.push(if is_fore { "39" } else { "49" }.to_owned()),
        }
    }
    parameters.retain(|parameter| !parameter.is_empty());
    parameters.join(";")
}
