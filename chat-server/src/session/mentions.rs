//! The accounts a text names with `@name`.

use chat_proto::text::Username;

/// Names looked up in one message at the most.
const MENTIONS_MAX: usize = 50;

/// The names a text may mention, in the order of the text, each once. What is code between backticks names nobody.
pub(super) fn names(text: &str) -> Vec<Username> {
    let mut found: Vec<Username> = Vec::new();
    let mut before = ' ';
    let mut is_code = false;
    for (at, c) in text.char_indices() {
        is_code ^= c == '`';
        if c == '@' && !is_code && !before.is_alphanumeric() {
            let rest = &text[at + 1..];
            let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))).unwrap_or(rest.len());
            // The full stop of a sentence is not part of a name.
            let name = rest[..end].trim_end_matches(['.', '-', '_']);
            if let Ok(name) = name.parse()
                && !found.contains(&name)
            {
                found.push(name);
            }
        }
        before = c;
        if found.len() == MENTIONS_MAX {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_where_people_write_them() {
        let found: Vec<String> = names("@ana, see (@ben). mail me@example.org `@code` @Ana @chen-li.")
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found, ["ana", "ben", "chen-li"]);
    }
}
