//! Reads what is typed after `/`. Must not know what a command does.

#![deny(clippy::disallowed_methods)]

use super::code_language;
use super::habits::{self, Habit};
use crate::action::Action;

/// A line that begins with a slash.
#[derive(Debug, PartialEq, Eq)]
pub enum ParsedLine {
    /// A command.
    Command {
        /// The action it stands for.
        action: Action,
        /// The text after the word.
        argument: String,
    },
    /// An unknown command.
    Unknown {
        /// The word.
        word: String,
    },
    /// A word that people know from other programs and that means nothing here, with the way to do it here.
    Advice(&'static str),
    /// A message that would be read as a command: its slash was typed twice, or a blank precedes it.
    Text(String),
}

/// Reads a line as a command; `None` if it is a plain message, as a path such as `/usr/bin` is.
pub fn parse(text: &str) -> Option<ParsedLine> {
    if let Some(rest) = text.strip_prefix(' ') {
        let is_command = !rest.starts_with([' ', '\t']) && parse(rest).is_some();
        return is_command.then(|| ParsedLine::Text(rest.to_owned()));
    }
    let Some(rest) = text.strip_prefix('/') else {
        return habits::of_line(text.trim_end()).map(|habit| ParsedLine::of_habit(habit, ""));
    };
    if rest.starts_with('/') {
        return Some(ParsedLine::Text(rest.to_owned()));
    }
    let (word, argument) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    if let Some(language) = word.strip_prefix("code:").filter(|language| !language.is_empty()) {
        // As if the language stood on a line of its own.
        let argument = format!("{language}\n{}", argument.trim_end());
        return Some(ParsedLine::Command { action: Action::SendCode, argument });
    }
    if word.is_empty() || !word.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-') {
        return None;
    }
    let argument = argument.trim();
    if let Some(action) = Action::commanded(word) {
        return Some(ParsedLine::Command { action, argument: argument.to_owned() });
    }
    if let Some(habit) = habits::of_word(word) {
        return Some(ParsedLine::of_habit(habit, argument));
    }
    Some(match Action::abbreviated(word) {
        Some(action) => ParsedLine::Command { action, argument: argument.to_owned() },
        None => ParsedLine::Unknown { word: word.to_owned() },
    })
}

/// The text of the message that a line sends, without blanks at its end; `None` if the line is a command that sends none.
pub fn sent_text(line: &str) -> Option<String> {
    let text = match parse(line) {
        None => line.to_owned(),
        Some(ParsedLine::Text(text)) => text,
        Some(ParsedLine::Command { action: Action::SendPersistent, argument }) => argument,
        Some(ParsedLine::Command { action: Action::SendCode, argument }) => {
            code_language::split(&argument).1.to_owned()
        }
        Some(ParsedLine::Command { .. } | ParsedLine::Unknown { .. } | ParsedLine::Advice(_)) => return None,
    };
    Some(text.trim_end().to_owned())
}

impl ParsedLine {
    fn of_habit(habit: Habit, argument: &str) -> Self {
        match habit {
            Habit::Runs(action) => Self::Command { action, argument: argument.to_owned() },
            Habit::Says(advice) => Self::Advice(advice),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_distinguished_from_texts() {
        let command = |action, argument: &str| Some(ParsedLine::Command { action, argument: argument.into() });
        assert_eq!(parse("/join #ops "), command(Action::Join, "#ops"));
        assert_eq!(parse("/topic"), command(Action::Topic, ""));
        assert_eq!(parse("/frobnicate now"), Some(ParsedLine::Unknown { word: "frobnicate".into() }));
        assert_eq!(parse("//join us"), Some(ParsedLine::Text("/join us".into())));
        assert_eq!(parse("/usr/bin/env is missing"), None);
        assert_eq!(parse("hello /join"), None);
        assert_eq!(parse("/ver"), command(Action::Versions, ""), "no other command begins like this");
        assert_eq!(parse("/d"), Some(ParsedLine::Unknown { word: "d".into() }), "several begin like this");
        assert_eq!(parse("/code:zig fn main"), command(Action::SendCode, "zig\nfn main"));
    }

    #[test]
    fn the_sent_text_of_a_line_is_known() {
        let sent = |line| sent_text(line);
        assert_eq!(sent("on it ").as_deref(), Some("on it"));
        assert_eq!(sent(" :q").as_deref(), Some(":q"));
        assert_eq!(sent("//join us").as_deref(), Some("/join us"));
        assert_eq!(sent("/keep the door code").as_deref(), Some("the door code"));
        assert_eq!(sent("/code rust\nfn main() {}").as_deref(), Some("fn main() {}"));
        assert_eq!([sent("/who"), sent("/topic the door code"), sent(":q")], [None, None, None]);
    }

    #[test]
    fn habits_are_no_messages_unless_a_blank_precedes_them() {
        let command = |action, argument: &str| Some(ParsedLine::Command { action, argument: argument.into() });
        for line in [":q", ":wq", ":q!", ":x", "/exit", "/bye"] {
            assert_eq!(parse(line), command(Action::Quit, ""), "{line}");
        }
        for line in ["?", "help", ":help", "/help"] {
            assert_eq!(parse(line), command(Action::Help, ""), "{line}");
        }
        assert_eq!(parse("/part"), command(Action::Leave, ""));
        assert_eq!(parse("/j ops"), command(Action::Join, "ops"));
        for line in ["/msg ana hello", "/me waves", "/nick bob"] {
            assert!(matches!(parse(line), Some(ParsedLine::Advice(_))), "{line}");
        }
        for line in [":q", "help", "/me waves", "/join ops"] {
            assert_eq!(parse(&format!(" {line}")), Some(ParsedLine::Text(line.into())));
        }
        for line in ["help me", ":quiet:", "? what", "  indented", " indented", ":-q"] {
            assert_eq!(parse(line), None, "{line}");
        }
    }
}
