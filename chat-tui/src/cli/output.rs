//! The only printer: data on standard output, talk on standard error; text or JSON lines; colour where wanted.

use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use chat_proto::ids::Seq;
use chat_proto::message::{Content, Item, Version};
use chat_proto::time::UnixMillis;
use clap::ValueEnum;
use serde::Serialize;

use super::exit::{CliError, ErrorReport};
use super::json::{self, ItemLine, ItemNames, ResultLine};
use crate::text::SafeText;

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Also into files and pipes.
    Always,
    /// Not at all.
    Never,
}

/// Prints what a command has to say.
#[expect(clippy::struct_excessive_bools, reason = "four independent facts about where and how to print")]
#[derive(Clone, Debug)]
pub(super) struct Output {
    is_json: bool,
    is_quiet: bool,
    has_color: bool,
    is_terminal: bool,
}

impl Output {
    /// An output for these global flags.
    pub fn new(is_json: bool, is_quiet: bool, color: ColorChoice) -> Self {
        let is_terminal = io::stdout().is_terminal();
        let is_colour_refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let has_color = match color {
            ColorChoice::Auto => is_terminal && !is_colour_refused,
            ColorChoice::Always => true,
            ColorChoice::Never => false,
        };
        Self { is_json, is_quiet, has_color, is_terminal }
    }

    /// Whether lines of JSON are wanted.
    pub fn is_json(&self) -> bool {
        self.is_json
    }

    /// Whether a person reads what is printed, at a terminal.
    pub fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Prints data: a JSON line of type `kind`, or the text.
    ///
    /// # Errors
    /// [`CliError::OutputClosed`] when the reader went away.
    pub fn data<T: Serialize>(&self, kind: &'static str, value: &T, text: &str) -> Result<(), CliError> {
        if self.is_json { Self::line(&json::line(kind, value)) } else { self.text(text) }
    }

    /// Prints text of ours or others, one or several lines; made safe where it goes to a terminal.
    ///
    /// # Errors
    /// As [`Self::data`].
    pub fn text(&self, text: &str) -> Result<(), CliError> {
        if self.is_terminal { Self::line(SafeText::block(text).as_str()) } else { Self::line(text) }
    }

    /// Prints an item of a room; `is_change` where it is told because it changed.
    ///
    /// # Errors
    /// As [`Self::data`].
    pub fn item(&self, item: &Item, names: ItemNames<'_>, is_change: bool) -> Result<(), CliError> {
        if self.is_json {
            return Self::line(&json::to_line(&ItemLine::new(item, names, is_change)));
        }
        Self::line(&self.item_text(item, names, is_change))
    }

    /// Prints a message that was just accepted as a JSON line, saying whether its key had been accepted before.
    ///
    /// # Errors
    /// As [`Self::data`].
    pub fn posted(item: &Item, names: ItemNames<'_>, is_duplicate: bool) -> Result<(), CliError> {
        Self::line(&json::to_line(&ItemLine::new(item, names, false).duplicate(is_duplicate)))
    }

    /// Prints a text that the message `seq` had before, and when the next one took its place.
    ///
    /// # Errors
    /// As [`Self::data`].
    pub fn version(&self, version: &Version, seq: Seq, names: ItemNames<'_>) -> Result<(), CliError> {
        if self.is_json {
            let line_body = ResultLine::message(names.room.to_owned(), names.room_id, seq, version);
            return Self::line(&json::line("version", &line_body));
        }
        let (dim, bold) = (self.style(Style::new().dimmed()), self.style(Style::new().bold()));
        let (at, room, from) = (local_time(version.replaced_at), names.room, SafeText::line(names.from));
        let body = self.body(version.body.as_str());
        let gap = gap_before(&body);
        let head = format!("{dim}until {at}{dim:#} {dim}{room}/{seq}{dim:#}");
        Self::line(&format!("{head} {bold}{}{bold:#}{dim}:{dim:#}{gap}{body}", from.as_str()))
    }

    /// Says something about what happens, on standard error; not with `--quiet`.
    pub fn info(&self, text: &str) {
        if !self.is_quiet {
            write_stderr(SafeText::block(text).as_str());
        }
    }

    /// Says why a command failed: text, or a JSON line, on standard error.
    pub fn error(&self, error: &ErrorReport) {
        if self.is_json {
            write_stderr(&json::error_line(error));
        } else {
            let style = self.style(Style::new().bold().fg_color(Some(AnsiColor::Red.into())));
            write_stderr(&format!("{style}chat:{style:#} {}", SafeText::block(&error.message).as_str()));
        }
    }

    /// Writes a line and sees that it leaves at once: the other end of a pipe may be waiting for it.
    fn line(line: &str) -> Result<(), CliError> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(line.as_bytes())?;
        stdout.write_all(b"\n")?;
        stdout.flush()?;
        Ok(())
    }

    fn style(&self, style: Style) -> Style {
        if self.has_color { style } else { Style::new() }
    }

    /// A message's text; made safe where it goes to a terminal.
    fn body(&self, text: &str) -> String {
        if self.is_terminal { SafeText::block(text).as_str().to_owned() } else { text.to_owned() }
    }

    fn item_text(&self, item: &Item, names: ItemNames<'_>, is_change: bool) -> String {
        let dim = self.style(Style::new().dimmed());
        let bold = self.style(Style::new().bold());
        let from = SafeText::line(names.from);
        let head = format!("{dim}{}{dim:#} {dim}{}/{}{dim:#}", local_time(item.at), names.room, item.seq);
        let event_line = |what: &str| format!("{head} {dim}— {} {what}{dim:#}", from.as_str());
        match &item.content {
            Content::Message(message) => {
                let mark = match (is_change && message.edited_at.is_some(), message.edited_at, message.expires_at) {
                    (true, ..) => " (edit)",
                    (false, Some(_), _) => " (edited)",
                    (false, None, Some(_)) => " (expires)",
                    (false, None, None) => "",
                };
                let body = self.body(message.body.as_str());
                let gap = gap_before(&body);
                format!("{head} {bold}{}{bold:#}{dim}{mark}:{dim:#}{gap}{body}", from.as_str())
            }
            Content::Deleted { .. } => event_line("deleted this message"),
            Content::Expired { .. } => event_line("wrote a message that expired"),
            Content::Join => event_line("joined"),
            Content::Leave => event_line("left"),
            Content::Topic { topic: Some(topic) } => {
                event_line(&format!("set the topic: {}", SafeText::line(topic.as_str()).as_str()))
            }
            Content::Topic { topic: None } => event_line("cleared the topic"),
            Content::Description { .. } => event_line("changed the description"),
            Content::Renamed { name } => event_line(&format!("renamed the room to #{name}")),
            Content::Rsvp { answer } => event_line(match answer {
                chat_proto::room::Rsvp::Attending => "is attending",
                chat_proto::room::Rsvp::Interested => "is interested",
                chat_proto::room::Rsvp::None => "took back their answer",
            }),
        }
    }
}

/// A text of several lines begins on a line of its own.
fn gap_before(body: &str) -> &'static str {
    if body.contains('\n') { "\n" } else { " " }
}

/// A text followed by as many spaces as fill so many columns of a terminal.
pub(super) fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(crate::text::width(text))))
}

/// The clock time of a moment today, with the date before it on other days; in the local time zone.
pub(super) fn local_time(at: UnixMillis) -> String {
    let zone = jiff::tz::TimeZone::system();
    let moment = jiff::Timestamp::from_millisecond(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_zoned(zone.clone());
    let today = jiff::Timestamp::now().to_zoned(zone).date();
    if moment.date() == today {
        moment.strftime("%H:%M:%S").to_string()
    } else {
        moment.strftime("%Y-%m-%d %H:%M:%S").to_string()
    }
}

#[expect(clippy::print_stderr, reason = "the one place that talks to the user")]
fn write_stderr(text: &str) {
    eprintln!("{text}");
}

/// Writes bytes of a form of their own (completions, manual pages) as they are.
///
/// # Errors
/// [`CliError::OutputClosed`] when the reader went away.
pub(super) fn raw(bytes: &[u8]) -> Result<(), CliError> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    Ok(stdout.flush()?)
}
