//! Reads what is typed after `/`. Must not know what a command does.

#![deny(clippy::disallowed_methods)]

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
    /// A message that begins with a slash, typed as two.
    Text(String),
}

/// Reads a line as a command; `None` if it is a plain message, as a path such as `/usr/bin` is.
pub fn parse(text: &str) -> Option<ParsedLine> {
    let rest = text.strip_prefix('/')?;
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
    Some(match Action::commanded(word) {
        Some(action) => ParsedLine::Command { action, argument: argument.trim().to_owned() },
        None => ParsedLine::Unknown { word: word.to_owned() },
    })
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
        assert_eq!(parse("/code:zig fn main"), command(Action::SendCode, "zig\nfn main"));
    }
}
