//! One row of the message list, and how it is drawn.

use std::ops::Range;
use std::rc::Rc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::cache::WrappedText;
use super::draw;
use crate::text::{self, Mark};
use crate::theme::{Role, Theme};

/// Where the parts of a row begin, from the left of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    /// Columns of the author's name; none where the list is too narrow for names beside the text.
    pub(super) name: Option<u16>,
    /// Where the text begins.
    pub(super) body: u16,
    /// Columns of the text.
    pub(super) body_width: u16,
}

/// Columns of the mark at the left edge, with the gap behind it: what follows may begin with an `@`, too.
const MARK: u16 = 2;
/// Columns of a time, with the gap behind it.
const TIME: u16 = 6;

/// Columns a countdown takes, with the gap before it.
pub(super) const COUNTDOWN: u16 = 10;

impl Columns {
    /// The columns of a list of this width; a line to its right is kept at a distance.
    pub(super) fn of(width: u16, has_right: bool) -> Self {
        let name = match width {
            0..42 => None,
            42..70 => Some(7),
            70..110 => Some(10),
            _ => Some(14),
        };
        let body = name.map_or(MARK, |name| MARK + TIME + name + 1);
        Self { name, body, body_width: width.saturating_sub(body + u16::from(has_right)).max(1) }
    }
}

/// Who said it, and when: at the first row of a group.
#[derive(Clone, Debug)]
pub(super) struct Lead {
    pub(super) time: String,
    pub(super) name: String,
    pub(super) style: Style,
}

/// One row.
#[derive(Clone, Debug)]
pub(super) enum Row {
    /// A day begins.
    Day(String),
    /// What follows is new.
    New,
    /// Author and time alone, where the list is narrow.
    Head(Lead),
    /// A line of a message.
    Line(Line),
    /// Something that happened.
    Event(String),
}

/// A line of a message.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) lead: Option<Lead>,
    pub(super) wrapped: Rc<WrappedText>,
    pub(super) range: Range<usize>,
    pub(super) is_code: bool,
    pub(super) base: Role,
    pub(super) mentions_me: bool,
    /// What is left of its life.
    pub(super) countdown: Option<String>,
    /// The name of this account with its `@`.
    pub(super) me: Option<Rc<str>>,
}

impl Row {
    /// Draws the row.
    pub(super) fn draw(&self, theme: &Theme, columns: Columns, row: Rect, buffer: &mut Buffer) {
        match self {
            Self::Day(name) => draw::line_across(buffer, row, (name, false), theme.style(Role::SeparatorDay)),
            Self::New => draw::line_across(buffer, row, ("new", true), theme.style(Role::SeparatorNew)),
            Self::Head(lead) => {
                let row = draw::after(row, MARK);
                let used = draw::text(buffer, row, &lead.name, lead.style);
                draw::text(buffer, draw::after(row, used + 1), &lead.time, theme.style(Role::MessageTime));
            }
            Self::Line(line) => line.draw(theme, columns, row, buffer),
            Self::Event(text) => {
                let row = draw::after(row, columns.body);
                draw::text(buffer, row, text, theme.style(Role::MessageEvent));
            }
        }
    }
}

impl Line {
    fn draw(&self, theme: &Theme, columns: Columns, row: Rect, buffer: &mut Buffer) {
        if let (Some(lead), Some(name_width)) = (&self.lead, columns.name) {
            draw::text(buffer, draw::after(row, MARK), &lead.time, theme.style(Role::MessageTime));
            let name = Rect { width: name_width, ..draw::after(row, MARK + TIME) };
            draw::text(buffer, name, &lead.name, lead.style);
        }
        if self.mentions_me {
            draw::text(buffer, Rect { width: 1, ..row }, "@", theme.style(Role::MessageMentionsYou));
        }
        let mut body = draw::after(row, columns.body);
        if self.is_code {
            let used = draw::text(buffer, body, "▏", theme.style(Role::CodeMark));
            body = draw::after(body, used);
        }
        self.draw_text(theme, body, buffer);
        if let Some(countdown) = &self.countdown {
            let right = Rect { width: columns.body + columns.body_width, ..row };
            draw::text_right(buffer, right, &format!("◷ {countdown}"), theme.style(Role::MessageCountdown));
        }
    }

    /// The text in pieces: what stands out has its own look.
    fn draw_text(&self, theme: &Theme, body: Rect, buffer: &mut Buffer) {
        let base = theme.style(if self.is_code && self.base == Role::MessageBody { Role::Code } else { self.base });
        let mut rest = body;
        let mut at = self.range.start;
        let mut piece = |end: usize, style: Style, at: &mut usize| {
            let slice = &self.wrapped.text[*at..end];
            let used = draw::text(buffer, rest, slice, style);
            rest = draw::after(rest, used);
            *at = end;
        };
        let text_end = self.range.end.min(self.wrapped.note_at.max(self.range.start));
        for inline in &self.wrapped.marks {
            let (start, end) = (inline.range.start.max(at), inline.range.end.min(text_end));
            if start < end {
                piece(start, base, &mut at);
                let style = base.patch(theme.style(self.role(inline.mark, &inline.range)));
                piece(end, style, &mut at);
            }
        }
        piece(text_end.max(at), base, &mut at);
        piece(self.range.end, base.patch(theme.style(Role::MessageNote)), &mut at);
    }

    fn role(&self, mark: Mark, range: &Range<usize>) -> Role {
        match mark {
            Mark::Link => Role::InlineLink,
            Mark::Room => Role::InlineRoom,
            Mark::Code => Role::InlineCode,
            Mark::Person if self.me.as_deref() == self.wrapped.text.get(range.clone()) => Role::InlineSelf,
            Mark::Person => Role::InlinePerson,
        }
    }
}

/// Columns of the text of a message: less where a mark or a countdown stands beside it.
pub(super) fn text_width(columns: Columns, is_code: bool, has_countdown: bool) -> u16 {
    let less = u16::from(is_code) + if has_countdown { COUNTDOWN } else { 0 };
    columns.body_width.saturating_sub(less).max(1)
}

/// A name cut for its column.
pub(super) fn name_for(columns: Columns, name: &str) -> String {
    text::fit(name, usize::from(columns.name.unwrap_or(20))).into_owned()
}
