//! A terminal for tests that supports left and right margins but, like tmux 3.3, no grapheme clusters: it draws each
//! character separately. Knows no colours.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthChar;

/// The cells and the state that sequences change.
#[derive(Debug)]
pub(super) struct Grid {
    cells: Vec<Vec<String>>,
    at: (usize, usize),
    /// The region that scrolls.
    region: Rect,
    size: (u16, u16),
    has_margins: bool,
}

impl Grid {
    pub(super) fn new(width: u16, height: u16) -> Self {
        let cells = vec![vec![" ".to_owned(); usize::from(width)]; usize::from(height)];
        let region = Rect { x: 0, y: 0, width, height };
        Self { cells, at: (0, 0), region, size: (width, height), has_margins: false }
    }

    pub(super) fn rows(&self) -> Vec<String> {
        self.cells.iter().map(|row| row.concat().trim_end().to_owned()).collect()
    }

    pub(super) fn process(&mut self, bytes: &[u8]) {
        let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match c {
                '\r' => self.at.0 = 0,
                '\n' => self.at.1 += 1,
                '\u{1b}' => match chars.next() {
                    Some('[') => {
                        let mut sequence = String::new();
                        let last = chars.by_ref().find(|c| {
                            sequence.push(*c);
                            c.is_ascii_alphabetic()
                        });
                        sequence.pop();
                        self.apply_sequence(last.expect("a whole sequence"), &sequence);
                    }
                    Some(']') => drop(chars.by_ref().find(|c| *c == '\u{7}')),
                    other => panic!("ESC {other:?}"),
                },
                c => self.put(c),
            }
        }
    }

    fn put(&mut self, c: char) {
        let (x, y) = self.at;
        let columns = c.width().unwrap_or(0);
        if columns == 0 {
            self.cells[y][x.saturating_sub(1)].push(c);
            return;
        }
        for covered in x..(x + columns).min(self.cells[y].len()) {
            self.cells[y][covered] = if covered == x { c.to_string() } else { String::new() };
        }
        // The other half of an overwritten wide character becomes blank.
        if let Some(rest) = self.cells[y].get_mut(x + columns).filter(|cell| cell.is_empty()) {
            " ".clone_into(rest);
        }
        self.at.0 = x + columns;
    }

    fn apply_sequence(&mut self, letter: char, sequence: &str) {
        let numbers: Vec<usize> = sequence.split(';').map(|number| number.parse().unwrap_or(0)).collect();
        let number = |index: usize, default: usize| match numbers.get(index) {
            Some(0) | None => default,
            Some(number) => *number,
        };
        let (width, height) = (usize::from(self.size.0), usize::from(self.size.1));
        match letter {
            'H' => self.at = (number(1, 1) - 1, number(0, 1) - 1),
            'C' => self.at.0 += number(0, 1),
            'D' => self.at.0 -= number(0, 1),
            'G' => self.at.0 = number(0, 1) - 1,
            'J' => *self = Self::new(self.size.0, self.size.1),
            'K' => self.blank(self.at.0..width),
            'X' => self.blank(self.at.0..(self.at.0 + number(0, 1)).min(width)),
            'r' => {
                let (top, bottom) = (number(0, 1) - 1, number(1, height));
                self.region = Rect { y: top as u16, height: (bottom - top) as u16, ..self.region };
                self.at = (0, 0);
            }
            's' if self.has_margins => {
                let (left, right) = (number(0, 1) - 1, number(1, width));
                self.region = Rect { x: left as u16, width: (right - left) as u16, ..self.region };
                self.at = (0, 0);
            }
            'h' | 'l' if sequence == "?69" => {
                self.has_margins = letter == 'h';
                self.region = Rect { x: 0, width: self.size.0, ..self.region };
            }
            'S' => self.scroll(number(0, 1) as i32),
            'T' => self.scroll(-(number(0, 1) as i32)),
            _ => {}
        }
    }

    fn blank(&mut self, columns: std::ops::Range<usize>) {
        self.cells[self.at.1][columns].fill(" ".to_owned());
    }

    fn scroll(&mut self, rows: i32) {
        let (region, before) = (self.region, self.cells.clone());
        for y in region.top()..region.bottom() {
            let from = i32::from(y) + rows;
            let is_inside = (i32::from(region.top())..i32::from(region.bottom())).contains(&from);
            let columns = usize::from(region.left())..usize::from(region.right());
            let row = &mut self.cells[usize::from(y)][columns.clone()];
            if is_inside {
                row.clone_from_slice(&before[from as usize][columns]);
            } else {
                row.fill(" ".to_owned());
            }
        }
    }
}
