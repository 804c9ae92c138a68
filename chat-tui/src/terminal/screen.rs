//! The cells on the terminal: sends the changed ones, and nothing if none changed. Must not know what they show.

use std::io::{self, Write, stdout};

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::queue;
use crossterm::terminal::size;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::Capabilities;
use super::cluster::{Clusters, is_sure};
use super::pen::Pen;
use super::probe::ProbeResult;
use super::{rows, shift};
use crate::text::Links;

/// Up to so many bytes, no shorter encoding is searched.
const SHORT: usize = 60;

/// The result of drawing, beside the cells.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// Position of the caret; `None` if it is hidden.
    pub caret: Option<Position>,
    /// The area whose cells may have moved together.
    pub moving: Rect,
    /// The terminal's title.
    pub title: String,
    /// The links that cells belong to.
    pub links: Links,
}

/// The terminal's cells.
#[derive(Debug)]
pub struct Screen {
    shown: Buffer,
    next: Buffer,
    caret: Option<Position>,
    title: String,
    /// The terminal's capabilities: titles and links are among them.
    capabilities: Capabilities,
    out: Vec<u8>,
    clusters: Clusters,
    /// Whether the terminal can scroll within columns.
    has_margins: bool,
    /// Whether the terminal shows something other than `shown`.
    is_stale: bool,
}

impl Screen {
    /// Creates a screen of the terminal's size; nothing is drawn yet.
    ///
    /// # Errors
    /// The terminal's size is unknown.
    pub fn new(capabilities: Capabilities) -> io::Result<Self> {
        Ok(Self::sized(size()?, capabilities))
    }

    pub(crate) fn sized((width, height): (u16, u16), capabilities: Capabilities) -> Self {
        let area = Rect { x: 0, y: 0, width, height };
        Self {
            shown: Buffer::empty(area),
            next: Buffer::empty(area),
            caret: None,
            title: String::new(),
            capabilities,
            out: Vec::new(),
            clusters: Clusters::default(),
            has_margins: false,
            is_stale: true,
        }
    }

    /// Takes the terminal's new size; the next draw sends everything.
    ///
    /// # Errors
    /// The terminal's size is unknown.
    pub fn resize(&mut self) -> io::Result<()> {
        let (clusters, has_margins) = (self.clusters, self.has_margins);
        *self = Self { clusters, has_margins, ..Self::new(self.capabilities)? };
        Ok(())
    }

    /// Takes the result of the probe, which has overwritten the first row.
    pub fn apply_probe(&mut self, found: ProbeResult) {
        (self.clusters, self.has_margins) = (found.clusters, found.has_margins);
        // Clusters that were replaced by simpler texts may be shown as they are from now on.
        if !self.shown.content.iter().all(|cell| is_sure(cell.symbol())) {
            self.is_stale = true;
        }
        let columns = usize::from(self.shown.area.width);
        for cell in self.shown.content.iter_mut().take(columns) {
            cell.set_char(char::REPLACEMENT_CHARACTER);
        }
    }

    /// Makes the next draw send everything.
    pub fn invalidate(&mut self) {
        self.is_stale = true;
        self.title.clear();
    }

    /// Lets `draw` fill the cells, and sends the changes. Returns the number of bytes sent.
    ///
    /// # Errors
    /// The terminal cannot be written to.
    pub fn draw(&mut self, draw: impl FnOnce(&mut Buffer) -> Frame) -> io::Result<usize> {
        let bytes = self.bytes(draw)?;
        if !bytes.is_empty() {
            let mut terminal = stdout();
            terminal.write_all(&bytes)?;
            terminal.flush()?;
        }
        Ok(bytes.len())
    }

    /// Lets `draw` fill the cells. Returns the bytes for the terminal.
    pub(crate) fn bytes(&mut self, draw: impl FnOnce(&mut Buffer) -> Frame) -> io::Result<Vec<u8>> {
        self.next.reset();
        let frame = draw(&mut self.next);
        self.encode(&frame)?;
        Ok(std::mem::take(&mut self.out))
    }

    fn encode(&mut self, frame: &Frame) -> io::Result<()> {
        let mut body = self.body(frame);
        let has_moved = self.caret != frame.caret || self.is_stale;
        if body.is_empty() && !has_moved && self.title == frame.title {
            return Ok(());
        }
        // The terminal shows the update as a whole (synchronised output, mode 2026).
        self.out.extend_from_slice(b"\x1b[?2026h");
        let was_hidden = self.caret.is_none() && !self.is_stale;
        if !was_hidden && (frame.caret.is_none() || !body.is_empty()) {
            queue!(self.out, Hide)?;
        }
        self.out.append(&mut body);
        if let Some(Position { x, y }) = frame.caret {
            queue!(self.out, MoveTo(x, y), Show)?;
        }
        if self.title != frame.title && self.capabilities.is_smart {
            write!(self.out, "\x1b]2;{}\x07", frame.title)?;
        }
        self.out.extend_from_slice(b"\x1b[?2026l");
        self.title.clone_from(&frame.title);
        self.caret = frame.caret;
        self.is_stale = false;
        std::mem::swap(&mut self.shown, &mut self.next);
        Ok(())
    }

    /// Returns the shortest of several encodings of the next screen.
    fn body(&mut self, frame: &Frame) -> Vec<u8> {
        let no_links = Links::default();
        let links = if self.capabilities.knows_links { &frame.links } else { &no_links };
        if self.is_stale {
            self.shown.reset();
            return self.after("\x1b[m\x1b[2J", &self.shown, links);
        }
        let mut best = self.after("", &self.shown, links);
        let whole_rows = Rect { x: 0, width: self.next.area.width, ..frame.moving };
        let within_margins = self.has_margins.then_some(frame.moving);
        for area in std::iter::once(whole_rows).chain(within_margins) {
            let Some(shift) = shift::find(&self.shown, &self.next, area).filter(|_| best.len() > SHORT) else {
                continue;
            };
            let mut moved = self.shown.clone();
            shift::apply(&mut moved, &shift);
            let other = self.after(&shift.sequence(self.next.area.width), &moved, links);
            if other.len() < best.len() {
                best = other;
            }
        }
        best
    }

    /// Returns the bytes for the next screen if the terminal shows `shown` after `sequence`.
    fn after(&self, sequence: &str, shown: &Buffer, links: &Links) -> Vec<u8> {
        rows::send(shown, &self.next, || {
            let mut pen = Pen::new(self.next.area.width, self.clusters, links);
            pen.send(sequence);
            pen
        })
    }
}

#[cfg(test)]
mod tests;
