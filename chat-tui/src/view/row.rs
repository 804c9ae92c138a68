//! One row of the message list, and how it is drawn. Must not know which rows are visible.

use std::ops::Range;
use std::rc::Rc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::cache::WrappedText;
use super::draw;
use crate::text::{self, Links, Mark};
use crate::theme::{Role, Theme};

/// The columns of the parts of a row, from the left of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    /// Width of the author's name; `None` if the list is too narrow for names beside the text.
    pub(super) name: Option<u16>,
    /// First column of the text.
    pub(super) body: u16,
    /// Width of the text.
    pub(super) body_width: u16,
}

/// Columns of the mark at the left edge and a gap: the text after it may begin with an `@` too.
const MARK: u16 = 2;
/// Columns of the time and a gap.
const TIME: u16 = 6;

/// Columns of a countdown and the gap before it.
pub(super) const COUNTDOWN: u16 = 10;

impl Columns {
    /// Returns the columns of a list of this width; `has_right` keeps a gap to a border on the right.
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

/// The author and time on the first row of a group.
#[derive(Clone, Debug)]
pub(super) struct Lead {
    pub(super) time: String,
    pub(super) name: String,
    pub(super) style: Style,
}

/// One row.
#[derive(Clone, Debug)]
pub(super) enum Row {
    /// The separator before a day.
    Day(String),
    /// The separator before unread messages.
    New,
    /// Author and time on a row of their own, in a narrow list.
    Head(Lead),
    /// A line of a message.
    Line(Line),
    /// An event: a join, a new topic …
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
    /// The time until it expires.
    pub(super) countdown: Option<String>,
    /// This account's name with an `@`.
    pub(super) me: Option<Rc<str>>,
}

impl Row {
    /// Draws the row.
    pub(super) fn draw(&self, theme: &Theme, columns: Columns, row: Rect, (buffer, links): (&mut Buffer, &mut Links)) {
        match self {
            Self::Day(name) => draw::line_across(buffer, row, (name, false), theme.style(Role::SeparatorDay)),
            Self::New => draw::line_across(buffer, row, ("new", true), theme.style(Role::SeparatorNew)),
            Self::Head(lead) => {
                let row = draw::after(row, MARK);
                let used = draw::text(buffer, row, &lead.name, lead.style);
                draw::text(buffer, draw::after(row, used + 1), &lead.time, theme.style(Role::MessageTime));
            }
            Self::Line(line) => line.draw(theme, columns, row, (buffer, links)),
            Self::Event(text) => {
                let row = draw::after(row, columns.body);
                draw::text(buffer, row, text, theme.style(Role::MessageEvent));
            }
        }
    }
}

impl Line {
    fn draw(&self, theme: &Theme, columns: Columns, row: Rect, (buffer, links): (&mut Buffer, &mut Links)) {
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
        self.draw_text(theme, body, (buffer, links));
        if let Some(countdown) = &self.countdown {
            let right = Rect { width: columns.body + columns.body_width, ..row };
            draw::text_right(buffer, right, &format!("◷ {countdown}"), theme.style(Role::MessageCountdown));
        }
    }

    /// Draws the text in pieces, each in its own style.
    fn draw_text(&self, theme: &Theme, body: Rect, (buffer, links): (&mut Buffer, &mut Links)) {
        let base = theme.style(if self.is_code && self.base == Role::MessageBody { Role::Code } else { self.base });
        let mut rest = body;
        let mut at = self.range.start;
        let mut piece = |end: usize, style: Style, at: &mut usize| {
            let slice = &self.wrapped.text[*at..end];
            let used = draw::text(buffer, rest, slice, style);
            let drawn = Rect { width: used, ..rest };
            rest = draw::after(rest, used);
            *at = end;
            drawn
        };
        let text_end = self.range.end.min(self.wrapped.note_at.max(self.range.start));
        for inline in &self.wrapped.marks {
            let (start, end) = (inline.range.start.max(at), inline.range.end.min(text_end));
            if start < end {
                piece(start, base, &mut at);
                let mut style = base.patch(theme.style(self.role(inline.mark, &inline.range)));
                if inline.mark == Mark::Link {
                    // The whole address, also on the rows that show a part of it.
                    style = links.mark(style, &self.wrapped.text[inline.range.clone()]);
                }
                let cells = piece(end, style, &mut at);
                links.cover(cells, style);
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

/// Returns the width of a message's text: code marks and countdowns reduce it.
pub(super) fn text_width(columns: Columns, is_code: bool, has_countdown: bool) -> u16 {
    let less = u16::from(is_code) + if has_countdown { COUNTDOWN } else { 0 };
    columns.body_width.saturating_sub(less).max(1)
}

/// Shortens a name to its column.
pub(super) fn name_for(columns: Columns, name: &str) -> String {
    text::fit(name, usize::from(columns.name.unwrap_or(20))).into_owned()
}
