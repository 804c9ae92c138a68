//! Encodes the cells in which two screens differ, row by row. Must not know of scrolled areas. Pure.

#![deny(clippy::disallowed_methods)]

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::Style;

use super::cluster::is_sure;
use super::pen::{Pen, is_erased, looks_like};
use crate::text::width;

/// Most unchanged cells between two changed ones that are sent rather than skipped.
const BRIDGED: usize = 3;
/// From more blanks than this on, erasing is cheaper than writing if changed cells follow in the row.
const ERASED: usize = 9;
/// The same if no changed cells follow.
const ERASED_LAST: usize = 4;

/// Cells of one row that are sent together.
#[derive(Debug)]
struct Piece<'a> {
    x: u16,
    y: u16,
    what: What<'a>,
}

#[derive(Debug)]
enum What<'a> {
    /// Cells of one style.
    Cells(&'a [Cell]),
    /// Blanks.
    Blank(u16),
    /// Blanks up to the end of the row.
    Rest,
}

/// Returns the bytes that turn `shown` into `next`: row by row or style by style, whichever is shorter.
pub(super) fn send<'a>(shown: &Buffer, next: &Buffer, pen: impl Fn() -> Pen<'a>) -> Vec<u8> {
    let pieces = pieces(shown, next);
    let write = |order: &mut dyn Iterator<Item = &Piece<'_>>| {
        let mut pen = pen();
        order.for_each(|piece| piece.send(&mut pen));
        pen.finish()
    };
    let by_rows = write(&mut pieces.iter());
    // The terminal may draw a cell too wide: the cells behind it must be sent after it.
    if !pieces.iter().all(Piece::is_sure) {
        return by_rows;
    }
    let mut order: Vec<_> = pieces.iter().collect();
    let (mut colours, mut looks) = (Vec::new(), Vec::new());
    // Styles of one colour follow each other, so that only the other attributes change.
    order.sort_by_cached_key(|piece| {
        let look = piece.look();
        (index_of(look.fg, &mut colours), index_of(look, &mut looks))
    });
    let by_looks = write(&mut order.into_iter());
    if by_looks.len() < by_rows.len() { by_looks } else { by_rows }
}

/// Returns the index of a value among those met so far.
fn index_of<T: PartialEq>(one: T, met: &mut Vec<T>) -> usize {
    met.iter().position(|known| *known == one).unwrap_or_else(|| {
        met.push(one);
        met.len() - 1
    })
}

impl Piece<'_> {
    fn send(&self, pen: &mut Pen<'_>) {
        match self.what {
            What::Blank(columns) => pen.erase((self.x, self.y), columns, false),
            What::Rest => pen.erase((self.x, self.y), 0, true),
            What::Cells(cells) => {
                let mut x = 0;
                while x < cells.len() {
                    pen.write(&cells[x], (self.x + x as u16, self.y));
                    x += columns_of(&cells[x]);
                }
            }
        }
    }

    fn look(&self) -> Style {
        match self.what {
            What::Cells(cells) => cells[0].style(),
            What::Blank(_) | What::Rest => Cell::EMPTY.style(),
        }
    }

    fn is_sure(&self) -> bool {
        match self.what {
            What::Cells(cells) => cells.iter().all(|cell| is_sure(cell.symbol())),
            What::Blank(_) | What::Rest => true,
        }
    }
}

fn pieces<'a>(shown: &Buffer, next: &'a Buffer) -> Vec<Piece<'a>> {
    let columns = usize::from(next.area.width);
    let mut pieces = Vec::new();
    for y in 0..next.area.height {
        let at = usize::from(y) * columns;
        let (old, new) = (&shown.content[at..][..columns], &next.content[at..][..columns]);
        if old != new {
            pieces_of_row(old, new, y, &mut pieces);
        }
    }
    pieces
}

fn pieces_of_row<'a>(old: &[Cell], new: &'a [Cell], y: u16, pieces: &mut Vec<Piece<'a>>) {
    let is_changed = changed(old, new);
    let Some(last) = is_changed.iter().rposition(|is| *is) else { return };
    // The row is blank from here on.
    let rest = new.iter().rposition(|cell| !is_erased(cell)).map_or(0, |x| x + columns_of(&new[x]));
    let mut x = 0;
    while x <= last {
        if !is_changed[x] {
            x += 1;
            continue;
        }
        let mut take = |what| pieces.push(Piece { x: x as u16, y, what });
        if x >= rest && new.len() - x > 3 {
            take(What::Rest);
            return;
        }
        let blanks = new[x..].iter().take_while(|cell| is_erased(cell)).count();
        let is_last = x + blanks > last;
        if blanks > if is_last { ERASED_LAST } else { ERASED } {
            take(What::Blank(blanks as u16));
            x += blanks;
        } else {
            let end = end_of_piece(new, &is_changed, x);
            take(What::Cells(&new[x..end]));
            x = end;
        }
    }
}

/// Returns the end of the changed cells from `start` on that share a style. Short gaps of unchanged cells are included
/// if sending them is cheaper than skipping them.
fn end_of_piece(new: &[Cell], is_changed: &[bool], start: usize) -> usize {
    let look = new[start].style();
    let is_alike = |cell: &Cell| cell.style() == look;
    let is_plain = |cell: &Cell| is_alike(cell) && columns_of(cell) == 1 && is_sure(cell.symbol());
    let mut end = (start + columns_of(&new[start])).min(new.len());
    loop {
        let gap = is_changed[end..].iter().take_while(|is| !**is).count();
        let next = end + gap;
        let is_bridged = gap <= BRIDGED && new[end..next].iter().all(is_plain);
        if next >= new.len() || !is_bridged || !is_alike(&new[next]) || starts_erasure(&new[next..]) {
            return end;
        }
        end = (next + columns_of(&new[next])).min(new.len());
    }
}

fn starts_erasure(cells: &[Cell]) -> bool {
    cells.iter().take_while(|cell| is_erased(cell)).count() > ERASED
}

fn columns_of(cell: &Cell) -> usize {
    width(cell.symbol()).max(1)
}

/// Returns which cells must be sent; a wide cell includes the one it covers.
fn changed(old: &[Cell], new: &[Cell]) -> Vec<bool> {
    let mut is_changed = vec![false; new.len()];
    // Columns that the cell before covers, and columns with half of an overwritten wide character.
    let (mut covered, mut spoilt) = (0usize, 0usize);
    for (x, (old, new)) in old.iter().zip(new).enumerate() {
        let is_same = looks_like(old, new);
        is_changed[x] = covered == 0 && (!is_same || spoilt > 0);
        let columns = columns_of(new);
        if covered == 0 {
            covered = columns;
        }
        covered -= 1;
        let widest = if is_same { 1 } else { columns.max(columns_of(old)) };
        spoilt = spoilt.max(widest) - 1;
    }
    is_changed
}
