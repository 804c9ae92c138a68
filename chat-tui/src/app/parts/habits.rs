//! What people type from the habit of other programs: it works, or says the way. Must not know how it is carried out.

#![deny(clippy::disallowed_methods)]

use crate::action::Action;

/// The meaning of a habit here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// It does the same as a command.
    Runs(Action),
    /// There is no such thing; the text says the way.
    Says(&'static str),
}

const MESSAGE: Habit =
    Habit::Says("There is no /msg: write @NAME in a room you share, or /switch NAME to a direct message you have.");
const NAME: Habit = Habit::Says("Your name belongs to your account. /online TEXT and /away TEXT set a status.");
const EMOTE: Habit =
    Habit::Says("There is no /me: write it as a sentence. A blank before /me sends the line as it is.");

/// The habits of slash commands, by the word after the slash.
const WORDS: &[(&str, Habit)] = &[
    ("exit", Habit::Runs(Action::Quit)),
    ("bye", Habit::Runs(Action::Quit)),
    ("q", Habit::Runs(Action::Quit)),
    ("part", Habit::Runs(Action::Leave)),
    ("close", Habit::Runs(Action::Leave)),
    ("j", Habit::Runs(Action::Join)),
    ("list", Habit::Runs(Action::SwitchRoom)),
    ("rooms", Habit::Runs(Action::SwitchRoom)),
    ("channels", Habit::Runs(Action::SwitchRoom)),
    ("names", Habit::Runs(Action::Who)),
    ("users", Habit::Runs(Action::Who)),
    ("back", Habit::Runs(Action::Online)),
    ("msg", MESSAGE),
    ("m", MESSAGE),
    ("dm", MESSAGE),
    ("query", MESSAGE),
    ("tell", MESSAGE),
    ("w", MESSAGE),
    ("nick", NAME),
    ("name", NAME),
    ("me", EMOTE),
];

/// The habits of whole lines without a slash.
const LINES: &[(&str, Habit)] = &[
    (":q", Habit::Runs(Action::Quit)),
    (":q!", Habit::Runs(Action::Quit)),
    (":qa", Habit::Runs(Action::Quit)),
    (":wq", Habit::Runs(Action::Quit)),
    (":x", Habit::Runs(Action::Quit)),
    (":quit", Habit::Runs(Action::Quit)),
    ("?", Habit::Runs(Action::Help)),
    ("help", Habit::Runs(Action::Help)),
    (":h", Habit::Runs(Action::Help)),
    (":help", Habit::Runs(Action::Help)),
];

/// Returns the habit of the word after a slash.
pub fn of_word(word: &str) -> Option<Habit> {
    find(WORDS, word)
}

/// Returns the habit of a whole line.
pub fn of_line(line: &str) -> Option<Habit> {
    find(LINES, line)
}

fn find(habits: &[(&str, Habit)], typed: &str) -> Option<Habit> {
    habits.iter().find(|(habit, _)| *habit == typed).map(|(_, habit)| *habit)
}
