//! Finds out that rows have only moved up or down, so that the terminal can move them itself instead of being sent
//! them again (a scroll region, DECSTBM with SU and SD). Pure.

#![deny(clippy::disallowed_methods)]

use std::ops::Range;

use ratatui::buffer::{Buffer, Cell};

/// Rows moved at most.
const FARTHEST: u16 = 12;
/// Changed cells below which moving is not worth looking for.
const WORTH: usize = 80;

/// Rows of a region that moved: positive is up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shift {
    pub(super) region: Range<u16>,
    pub(super) rows: i32,
}

/// The move of `region` after which the least is left to draw; none where moving does not help.
pub(super) fn find(shown: &Buffer, next: &Buffer, region: Range<u16>) -> Option<Shift> {
    let unmoved = changed(shown, next, &region, 0);
    if unmoved < WORTH || region.len() < 3 {
        return None;
    }
    let farthest = i32::from(FARTHEST.min(region.len() as u16 - 1));
    let moves = (-farthest..=farthest).filter(|rows| *rows != 0);
    let (left, rows) = moves.map(|rows| (changed(shown, next, &region, rows), rows)).min()?;
    (left + WORTH / 2 < unmoved).then_some(Shift { region, rows })
}

/// Moves the rows in a buffer as the terminal does: what comes in is empty.
pub(super) fn apply(buffer: &mut Buffer, shift: &Shift) {
    let area = buffer.area;
    let before = buffer.clone();
    for y in shift.region.clone() {
        let from = i32::from(y) + shift.rows;
        for x in area.left()..area.right() {
            let is_inside = from >= i32::from(shift.region.start) && from < i32::from(shift.region.end);
            buffer[(x, y)] = if is_inside { before[(x, from as u16)].clone() } else { Cell::EMPTY };
        }
    }
}

/// Cells of the region that would have to be drawn after a move.
fn changed(shown: &Buffer, next: &Buffer, region: &Range<u16>, rows: i32) -> usize {
    let width = usize::from(next.area.width);
    let row = |buffer: &'_ Buffer, y: u16| usize::from(y - buffer.area.y) * width;
    region
        .clone()
        .map(|y| {
            let new = &next.content[row(next, y)..][..width];
            let from = i32::from(y) + rows;
            if from >= i32::from(region.start) && from < i32::from(region.end) {
                let old = &shown.content[row(shown, from as u16)..][..width];
                old.iter().zip(new).filter(|(old, new)| old != new).count()
            } else {
                new.iter().filter(|cell| **cell != Cell::EMPTY).count()
            }
        })
        .sum()
}
