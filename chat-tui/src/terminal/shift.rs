//! Detects rows that only moved up or down, so that the terminal can move them itself (a scroll region, DECSTBM with SU
//! and SD; within columns with DECSLRM if it supports margins). Must not know how cells are encoded. Pure.

#![deny(clippy::disallowed_methods)]

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;

/// Most rows that a shift moves.
const FARTHEST: u16 = 12;
/// With fewer changed cells than this, no shift is searched.
const WORTH: usize = 40;

/// An area whose cells moved; positive is up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shift {
    pub(super) area: Rect,
    pub(super) rows: i32,
}

impl Shift {
    /// Returns the sequences that move the cells. New cells take the current style, which must be plain.
    pub(super) fn sequence(&self, columns: u16) -> String {
        let Rect { x, y, width, height } = self.area;
        let direction = if self.rows > 0 { 'S' } else { 'T' };
        let count = match self.rows.unsigned_abs() {
            1 => String::new(),
            count => count.to_string(),
        };
        let rows = format!("\x1b[{};{}r", y + 1, y + height);
        if width == columns {
            format!("{rows}\x1b[{count}{direction}\x1b[r")
        } else {
            let margins = format!("\x1b[?69h\x1b[{};{}s", x + 1, x + width);
            format!("{rows}{margins}\x1b[{count}{direction}\x1b[?69l\x1b[r")
        }
    }
}

/// Returns the shift of `area` that leaves the fewest cells to draw; `None` if no shift helps.
pub(super) fn find(shown: &Buffer, next: &Buffer, area: Rect) -> Option<Shift> {
    let area = trimmed(shown, next, area.intersection(next.area));
    let unmoved = changed(shown, next, area, 0);
    if unmoved < WORTH || area.height < 3 {
        return None;
    }
    let farthest = i32::from(FARTHEST.min(area.height - 1));
    let moves = (-farthest..=farthest).filter(|rows| *rows != 0);
    let (left, rows) = moves.map(|rows| (changed(shown, next, area, rows), rows)).min()?;
    (left < unmoved).then_some(Shift { area, rows })
}

/// Moves the cells of a buffer as the terminal does; new cells are empty.
pub(super) fn apply(buffer: &mut Buffer, shift: &Shift) {
    let (area, before) = (shift.area, buffer.clone());
    for y in area.top()..area.bottom() {
        let from = i32::from(y) + shift.rows;
        let is_inside = (i32::from(area.top())..i32::from(area.bottom())).contains(&from);
        for x in area.left()..area.right() {
            buffer[(x, y)] = if is_inside { before[(x, from as u16)].clone() } else { Cell::EMPTY };
        }
    }
}

fn row(buffer: &Buffer, area: Rect, y: u16) -> &[Cell] {
    let at = usize::from(y) * usize::from(buffer.area.width) + usize::from(area.x);
    &buffer.content[at..][..usize::from(area.width)]
}

/// Returns the area without the unchanged rows at its top and bottom.
fn trimmed(shown: &Buffer, next: &Buffer, area: Rect) -> Rect {
    let is_changed = |y: &u16| row(shown, area, *y) != row(next, area, *y);
    let mut rows = area.top()..area.bottom();
    match (rows.clone().find(is_changed), rows.rfind(is_changed)) {
        (Some(first), Some(last)) => Rect { y: first, height: last + 1 - first, ..area },
        _ => Rect { height: 0, ..area },
    }
}

/// Returns the number of cells to draw after a shift by `rows`.
fn changed(shown: &Buffer, next: &Buffer, area: Rect, rows: i32) -> usize {
    let count = |y: u16| {
        let new = row(next, area, y);
        let from = i32::from(y) + rows;
        if from >= i32::from(area.top()) && from < i32::from(area.bottom()) {
            let old = row(shown, area, from as u16);
            old.iter().zip(new).filter(|(old, new)| old != new).count()
        } else {
            new.iter().filter(|cell| **cell != Cell::EMPTY).count()
        }
    };
    (area.top()..area.bottom()).map(count).sum()
}
