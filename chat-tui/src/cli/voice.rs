//! The one voice of errors: a clause after the program's name, from every part of the program. Pure: must not know errors.

#![deny(clippy::disallowed_methods)]

/// Words that begin with a capital wherever they stand.
const NAMES: [&str; 3] = ["Redis", "SQLite", "I"];

/// Returns a sentence of the server as a clause: without a capital, and a single one without a full stop. A clause stays as it is.
pub(super) fn clause(text: &str) -> String {
    let first_word = text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let mut chars = text.chars();
    let (first, second) = (chars.next(), chars.next());
    let is_sentence = first.is_some_and(char::is_uppercase) && !second.is_some_and(char::is_uppercase);
    if !is_sentence || NAMES.contains(&first_word) {
        return text.to_owned();
    }
    let lowered: String = first.into_iter().flat_map(char::to_lowercase).chain(text.chars().skip(1)).collect();
    match lowered.strip_suffix('.') {
        Some(single) if !single.contains(". ") => single.to_owned(),
        Some(_) | None => lowered,
    }
}

/// Returns a mistake in the arguments, as clap tells it, as a clause with the command whose help says more.
pub(super) fn argument_clause(rendered: &str, command: &str) -> String {
    format!("{}\nsee `{command} --help`", argument_mistake(rendered))
}

/// Returns a mistake in the arguments, as clap tells it, without usage and hints.
pub(super) fn argument_mistake(rendered: &str) -> &str {
    let text = rendered.strip_prefix("error: ").unwrap_or(rendered);
    let end = ["\n\nUsage:", "\n\nFor more information"].iter().filter_map(|mark| text.find(mark)).min();
    text[..end.unwrap_or(text.len())].trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_becomes_a_clause() {
        for (sentence, expected) in [
            ("A message lives from 1 second to 7 days.", "a message lives from 1 second to 7 days"),
            ("You post too fast. Wait a moment.", "you post too fast. Wait a moment."),
            ("the text is empty", "the text is empty"),
            ("TLS failed: x", "TLS failed: x"),
            ("Redis is full.", "Redis is full."),
            ("/etc/x: not there", "/etc/x: not there"),
            ("", ""),
        ] {
            assert_eq!(clause(sentence), expected);
        }
    }

    #[test]
    fn a_mistake_in_the_arguments_names_the_help_of_its_command() {
        let rendered = "error: unexpected argument '-x' found\n\n  tip: use '-- -x'\n\nUsage: chat room create [OPTIONS] <NAME>\n\nFor more information, try '--help'.\n";
        assert_eq!(
            argument_clause(rendered, "chat room create"),
            "unexpected argument '-x' found\n\n  tip: use '-- -x'\nsee `chat room create --help`"
        );
    }
}
