//! The only printer: data to standard output and messages to standard error, as text or as JSON lines. Must not know
//! commands or the server.

use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use chat_proto::message::{Content, Item, Version};
use chat_proto::room::Rsvp;
use chat_proto::time::UnixMillis;
use clap::ValueEnum;

use super::exit::{CliError, ErrorReport};
use super::json::{ItemNames, JoinsLine, Line, NoticeLine, VersionLine, encode};
use super::voice::clause;
use crate::text::SafeText;

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorChoice {
    /// Use colour on a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Use colour always, also in files and pipes.
    Always,
    /// Use no colour.
    Never,
}

/// Whether standard error gets colour.
pub(super) fn has_stderr_color(choice: ColorChoice) -> bool {
    has_color(choice, io::stderr().is_terminal())
}

fn has_color(choice: ColorChoice, is_terminal: bool) -> bool {
    let is_refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    match choice {
        ColorChoice::Auto => is_terminal && !is_refused,
        ColorChoice::Always => true,
        ColorChoice::Never => false,
    }
}

/// Prints the output of a command.
#[expect(clippy::struct_excessive_bools, reason = "five independent facts about where and how to print")]
#[derive(Clone, Debug)]
pub(super) struct Output {
    is_json: bool,
    is_quiet: bool,
    has_color: bool,
    has_stderr_color: bool,
    is_terminal: bool,
}

impl Output {
    /// An output for these global flags.
    pub fn new(is_json: bool, is_quiet: bool, color: ColorChoice) -> Self {
        let is_terminal = io::stdout().is_terminal();
        let has_color = has_color(color, is_terminal);
        Self { is_json, is_quiet, has_color, has_stderr_color: has_stderr_color(color), is_terminal }
    }

    /// Whether `--json` was given.
    pub fn is_json(&self) -> bool {
        self.is_json
    }

    /// Whether standard output is a terminal.
    pub fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Prints data: with `--json` the line, otherwise the text.
    ///
    /// # Errors
    /// [`CliError::OutputClosed`] if the reader has gone away.
    pub fn data(&self, line: &Line<'_>, text: &str) -> Result<(), CliError> {
        if self.is_json { Self::line(&encode(line)) } else { self.text(text) }
    }

    /// Prints data that has no text: with `--json` the line, otherwise nothing.
    ///
    /// # Errors
    /// As [`Self::data`].
    pub fn data_if_json(&self, line: &Line<'_>) -> Result<(), CliError> {
        if self.is_json { Self::line(&encode(line)) } else { Ok(()) }
    }

    /// Prints one or several lines of text, without unsafe characters.
    ///
    /// # Errors
    /// As [`Self::data`].
    pub fn text(&self, text: &str) -> Result<(), CliError> {
        Self::line(self.safe(text).as_str())
    }

    /// Prints an item of a room; `is_change` if it is printed because it changed.
    ///
    /// # Errors
    /// As [`Self::data`].
    pub fn item(&self, item: &Item, names: ItemNames<'_>, is_change: bool) -> Result<(), CliError> {
        if self.is_json {
            return Self::line(&encode(&Line::item(item, names, is_change)));
        }
        Self::line(&self.item_text(item, names, is_change))
    }

    /// Prints joins and leaves, the last of them at this moment.
    ///
    /// # Errors
    /// As [`Self::data`].
    pub fn joins(&self, joins: &JoinsLine<'_>, at: UnixMillis) -> Result<(), CliError> {
        if self.is_json {
            return Self::line(&encode(&Line::Joins(joins)));
        }
        let dim = self.style(Style::new().dimmed());
        let (id, text) = (joins.id(), SafeText::line(&joins.text()));
        Self::line(&format!("{dim}{}{dim:#} {dim}{id}{dim:#} {dim}— {}{dim:#}", local_time(at), text.as_str()))
    }

    /// Prints an earlier text of a message and the time it was replaced.
    ///
    /// # Errors
    /// As [`Self::data`].
    pub fn version(&self, version: &Version, item: &Item, names: ItemNames<'_>) -> Result<(), CliError> {
        if self.is_json {
            return Self::line(&encode(&Line::Version(VersionLine::new(version, item, names))));
        }
        let (dim, bold) = (self.style(Style::new().dimmed()), self.style(Style::new().bold()));
        let (at, room, from) = (local_time(version.replaced_at), names.room, SafeText::line(names.from));
        let body = set_off(&self.safe(version.body.as_str()));
        let head = format!("{dim}until {at}{dim:#} {dim}{room}/{}{dim:#}", item.seq);
        Self::line(&format!("{head} {bold}{}{bold:#}{dim}:{dim:#}{body}", from.as_str()))
    }

    /// Prints a message about progress to standard error, unless `--quiet` was given.
    pub fn info(&self, text: &str) {
        if self.is_quiet {
            return;
        }
        if self.is_json {
            write_stderr(&encode(&Line::Notice(NoticeLine { level: "info", message: text })));
        } else {
            write_stderr(SafeText::block(text).as_str());
        }
    }

    /// Prints a warning to standard error, also with `--quiet`: what is printed is not what was asked for.
    pub fn warning(&self, text: &str) {
        if self.is_json {
            return write_stderr(&encode(&Line::Notice(NoticeLine { level: "warn", message: text })));
        }
        let style = self.stderr_style(Style::new().bold());
        write_stderr(&format!("{style}chat:{style:#} {}", SafeText::block(text).as_str()));
    }

    /// Prints the reason a command failed to standard error, as text or as a JSON line.
    pub fn error(&self, error: &ErrorReport) {
        if self.is_json {
            write_stderr(&encode(&Line::Error(error.into())));
        } else {
            let style = self.stderr_style(Style::new().bold().fg_color(Some(AnsiColor::Red.into())));
            write_stderr(&format!("{style}chat:{style:#} {}", SafeText::block(&clause(&error.message)).as_str()));
        }
    }

    /// Writes a line and flushes it: the other end of a pipe may be waiting for it.
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

    fn stderr_style(&self, style: Style) -> Style {
        if self.has_stderr_color { style } else { Style::new() }
    }

    /// A text without unsafe characters.
    fn safe(&self, text: &str) -> SafeText {
        if self.is_terminal { SafeText::block(text) } else { SafeText::piped(text) }
    }

    fn item_text(&self, item: &Item, names: ItemNames<'_>, is_change: bool) -> String {
        let dim = self.style(Style::new().dimmed());
        let bold = self.style(Style::new().bold());
        let from = SafeText::line(names.from);
        let at = if let Content::Rsvp { answered_at: Some(at), .. } = item.content { at } else { item.at };
        let head = format!("{dim}{}{dim:#} {dim}{}/{}{dim:#}", local_time(at), names.room, item.seq);
        let event_line = |event: &str| format!("{head} {dim}— {} {event}{dim:#}", from.as_str());
        match &item.content {
            Content::Message(message) => {
                let mark = match (is_change && message.edited_at.is_some(), message.edited_at, message.expires_at) {
                    (true, ..) => " (edit)",
                    (false, Some(_), _) => " (edited)",
                    (false, None, Some(_)) => " (expires)",
                    (false, None, None) => "",
                };
                let body = set_off(&self.safe(message.body.as_str()));
                format!("{head} {bold}{}{bold:#}{dim}{mark}:{dim:#}{body}", from.as_str())
            }
            Content::Deleted { .. } => event_line("deleted this message"),
            Content::Expired { .. } => event_line("wrote a message that expired"),
            Content::Damaged => format!("{head} {dim}— damaged message{dim:#}"),
            Content::Join => event_line("joined"),
            Content::Leave => event_line("left"),
            Content::Topic { topic: Some(topic) } => {
                event_line(&format!("set the topic: {}", SafeText::line(topic.as_str()).as_str()))
            }
            Content::Topic { topic: None } => event_line("cleared the topic"),
            Content::Description { .. } => event_line("changed the description"),
            Content::Renamed { name } => event_line(&format!("renamed the room to #{name}")),
            Content::Rsvp { answer, .. } => event_line(match answer {
                Rsvp::Attending => "is attending",
                Rsvp::Interested => "is interested",
                Rsvp::None => "took back their answer",
            }),
        }
    }
}

/// Returns a message's text as it stands behind its author. A text of several lines begins on a line of its own, and each
/// of its lines is indented: at the start of a line, it could pass for a message of someone else.
fn set_off(body: &SafeText) -> String {
    if !body.as_str().contains('\n') {
        return format!(" {}", body.as_str());
    }
    let indented = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("\n    {line}") };
    body.as_str().split('\n').map(indented).collect()
}

/// Returns the text, padded with spaces to this many columns of a terminal.
pub(super) fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(crate::text::width(text))))
}

/// Returns the local time of day, preceded by the date unless it is today.
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

/// Returns the local date and time with its zone, for a text that is read elsewhere: `2026-11-21 03:00:12 +01:00`.
pub(super) fn local_time_with_zone(at: UnixMillis) -> String {
    let moment = jiff::Timestamp::from_millisecond(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    moment.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S %:z").to_string()
}

/// Writes to standard error. If nobody takes it, the exit code still says how the command ended.
fn write_stderr(text: &str) {
    drop(writeln!(io::stderr().lock(), "{text}"));
}

/// Writes bytes to standard output as they are (completions, manual pages).
///
/// # Errors
/// [`CliError::OutputClosed`] if the reader has gone away.
pub(super) fn raw(bytes: &[u8]) -> Result<(), CliError> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    Ok(stdout.flush()?)
}
