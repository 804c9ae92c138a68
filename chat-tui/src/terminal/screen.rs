//! The cells on the terminal: what changed is sent, and nothing where nothing did.

use std::io::{self, Write, stdout};
use std::ops::Range;

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::queue;
use crossterm::terminal::{Clear, ClearType, size};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};

use super::shift;

/// Unchanged cells between two changed ones that are sent rather than jumped over.
const BRIDGED: u16 = 4;

/// What was drawn, beside the cells.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// Where the caret stands; none: hidden.
    pub caret: Option<Position>,
    /// Rows that may have moved as a whole.
    pub moving: Range<u16>,
    /// The terminal's title.
    pub title: String,
}

/// The terminal's cells.
#[derive(Debug)]
pub struct Screen {
    shown: Buffer,
    next: Buffer,
    caret: Option<Position>,
    title: String,
    sets_title: bool,
    out: Vec<u8>,
    /// The terminal shows something else than `shown`.
    is_stale: bool,
}

impl Screen {
    /// A screen of the terminal's size, not drawn yet.
    ///
    /// # Errors
    /// Where the terminal does not tell its size.
    pub fn new(sets_title: bool) -> io::Result<Self> {
        let (width, height) = size()?;
        Ok(Self::sized(width, height, sets_title))
    }

    fn sized(width: u16, height: u16, sets_title: bool) -> Self {
        let area = Rect { x: 0, y: 0, width, height };
        Self {
            shown: Buffer::empty(area),
            next: Buffer::empty(area),
            caret: None,
            title: String::new(),
            sets_title,
            out: Vec::new(),
            is_stale: true,
        }
    }

    /// Takes the terminal's size; everything is drawn again.
    ///
    /// # Errors
    /// Where the terminal does not tell its size.
    pub fn resize(&mut self) -> io::Result<()> {
        *self = Self::new(self.sets_title)?;
        Ok(())
    }

    /// Everything is drawn again next time.
    pub fn forget(&mut self) {
        self.is_stale = true;
        self.title.clear();
    }

    /// Lets `draw` fill the cells and sends what changed; gives back how many bytes.
    ///
    /// # Errors
    /// Where the terminal cannot be written to.
    pub fn draw(&mut self, draw: impl FnOnce(&mut Buffer) -> Frame) -> io::Result<usize> {
        self.next.reset();
        let frame = draw(&mut self.next);
        self.encode(&frame)?;
        let bytes = self.out.len();
        if bytes > 0 {
            let mut terminal = stdout();
            terminal.write_all(&self.out)?;
            terminal.flush()?;
            self.out.clear();
        }
        Ok(bytes)
    }

    fn encode(&mut self, frame: &Frame) -> io::Result<()> {
        let mut body = Vec::new();
        if self.is_stale {
            queue!(body, Clear(ClearType::All))?;
            self.shown.reset();
        } else if let Some(shift) = shift::find(&self.shown, &self.next, frame.moving.clone()) {
            // New rows take the colours in force: plain ones.
            write!(body, "\x1b[0m\x1b[{};{}r", shift.region.start + 1, shift.region.end)?;
            let direction = if shift.rows > 0 { 'S' } else { 'T' };
            write!(body, "\x1b[{}{direction}\x1b[r", shift.rows.unsigned_abs())?;
            shift::apply(&mut self.shown, &shift);
        }
        let cells = self.changed();
        if !cells.is_empty() {
            CrosstermBackend::new(&mut body).draw(cells.into_iter())?;
        }
        let has_moved = self.caret != frame.caret || self.is_stale;
        if body.is_empty() && !has_moved && self.title == frame.title {
            return Ok(());
        }
        // The terminal shows it whole or not at all (synchronised output, mode 2026).
        self.out.extend_from_slice(b"\x1b[?2026h");
        let was_hidden = self.caret.is_none() && !self.is_stale;
        if !was_hidden && (frame.caret.is_none() || !body.is_empty()) {
            queue!(self.out, Hide)?;
        }
        self.out.append(&mut body);
        if let Some(Position { x, y }) = frame.caret {
            queue!(self.out, MoveTo(x, y), Show)?;
        }
        if self.title != frame.title && self.sets_title {
            write!(self.out, "\x1b]2;{}\x07", frame.title)?;
        }
        self.out.extend_from_slice(b"\x1b[?2026l");
        self.title.clone_from(&frame.title);
        self.caret = frame.caret;
        self.is_stale = false;
        std::mem::swap(&mut self.shown, &mut self.next);
        Ok(())
    }

    /// The changed cells, with the few between two of them that are cheaper sent than jumped over.
    fn changed(&self) -> Vec<(u16, u16, &Cell)> {
        let mut cells: Vec<(u16, u16, &Cell)> = Vec::new();
        for (x, y, cell) in self.shown.diff(&self.next) {
            if let Some((last_x, last_y, last)) = cells.last().copied() {
                let gap = x.saturating_sub(last_x + 1);
                let between = || (last_x + 1..x).map(|x| (x, y, &self.next[(x, y)]));
                let is_alike = |cell: &Cell| {
                    (cell.fg, cell.bg, cell.modifier) == (last.fg, last.bg, last.modifier)
                        && crate::text::width(cell.symbol()) == 1
                };
                let is_narrow = crate::text::width(last.symbol()) == 1;
                if last_y == y
                    && (1..=BRIDGED).contains(&gap)
                    && is_narrow
                    && between().all(|(.., cell)| is_alike(cell))
                {
                    cells.extend(between());
                }
            }
            cells.push((x, y, cell));
        }
        cells
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::style::Style;

    use super::*;

    const WIDTH: u16 = 60;
    const HEIGHT: u16 = 8;

    /// A screen and a terminal that takes its bytes.
    struct Pair {
        screen: Screen,
        terminal: vt100::Parser,
    }

    impl Pair {
        fn new() -> Self {
            let side = |cells| std::num::NonZeroU16::new(cells).expect("not zero");
            Self {
                screen: Screen::sized(WIDTH, HEIGHT, true),
                terminal: vt100::Parser::new(side(HEIGHT), side(WIDTH), 0),
            }
        }

        /// Draws lines into a middle region, and gives back the bytes.
        fn draw(&mut self, lines: &[String]) -> usize {
            self.screen.next.reset();
            for (line, y) in lines.iter().zip(0u16..HEIGHT) {
                self.screen.next.set_string(0, y, line, Style::new());
            }
            let frame = Frame { caret: Some(Position { x: 1, y: 7 }), moving: 1..7, title: "t".into() };
            self.screen.encode(&frame).expect("memory");
            let out = std::mem::take(&mut self.screen.out);
            self.terminal.process(&out);
            out.len()
        }

        fn rows(&self) -> Vec<String> {
            self.terminal.screen().rows(0, WIDTH).map(|row| row.trim_end().to_owned()).collect()
        }
    }

    fn lines(texts: &[&str]) -> Vec<String> {
        texts.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn nothing_is_sent_where_nothing_changed() {
        let mut pair = Pair::new();
        assert!(pair.draw(&lines(&["one", "two"])) > 0);
        assert_eq!(pair.draw(&lines(&["one", "two"])), 0);
        assert_eq!(&pair.rows()[..2], ["one", "two"]);
    }

    #[test]
    fn rows_that_moved_are_not_sent_again() {
        let text = |n: usize| ["alpha", "beta", "gamma", "delta"][n % 4].repeat(8);
        let screen_of = |from: usize| -> Vec<String> { (from..from + 7).map(text).collect() };
        let mut pair = Pair::new();
        let mut first = screen_of(0);
        first[0] = "title".into();
        pair.draw(&first);
        let mut second = screen_of(1);
        second[0] = "title".into();
        let bytes = pair.draw(&second);
        assert!(bytes < 150, "{bytes}");
        assert_eq!(&pair.rows()[..7], &second[..]);
    }

    proptest! {
        /// Whatever is drawn after whatever: the terminal shows it.
        #[test]
        fn the_terminal_shows_what_was_drawn(
            screens in proptest::collection::vec(
                proptest::collection::vec("[a-c日é ]{10,30}", HEIGHT as usize), 1..8),
            moves in proptest::collection::vec(-3isize..4, 8),
        ) {
            let mut pair = Pair::new();
            let mut current = screens[0].clone();
            for (screen, by) in screens.iter().zip(moves) {
                // Half of the steps move what is there, as a chat does.
                if by == 0 { current.clone_from(screen); } else { current.rotate_left(by.rem_euclid(6) as usize); }
                pair.draw(&current);
                let expected: Vec<String> = current.iter().map(|line| line.trim_end().to_owned()).collect();
                prop_assert_eq!(pair.rows(), expected);
            }
        }
    }
}
