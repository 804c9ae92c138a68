//! Finds links, `@people`, `#rooms` and `code` within a line of text. Pure; must not know how they are drawn.

#![deny(clippy::disallowed_methods)]

use std::ops::Range;

use super::safe::SafeText;

/// The kind of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A web address.
    Link,
    /// A person, with the `@`.
    Person,
    /// A room, with the `#`.
    Room,
    /// Code, with its backquotes.
    Code,
}

/// A piece of text that is highlighted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inline {
    /// Its byte range.
    pub range: Range<usize>,
    /// Its kind.
    pub mark: Mark,
}

/// Returns the highlighted pieces in order; they do not overlap.
pub fn marks(text: &str) -> Vec<Inline> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(offset) = text[at..].find(['`', '@', '#', 'h']) {
        let start = at + offset;
        match mark_at(text, start) {
            Some(inline) => {
                at = inline.range.end;
                found.push(inline);
            }
            None => at = start + 1,
        }
    }
    found
}

/// Returns the web addresses in a text, in order, each once.
pub fn addresses(text: &SafeText) -> Vec<String> {
    let text = text.as_str();
    let mut found: Vec<String> = Vec::new();
    for link in marks(text).into_iter().filter(|inline| inline.mark == Mark::Link) {
        let address = &text[link.range];
        if !found.iter().any(|known| known == address) {
            found.push(address.to_owned());
        }
    }
    found
}

fn mark_at(text: &str, start: usize) -> Option<Inline> {
    let rest = &text[start..];
    let begins_word = !text[..start].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
    let (mark, length) = match rest.chars().next()? {
        '`' => (Mark::Code, code_length(rest)?),
        '@' if begins_word => (Mark::Person, 1 + name_length(&rest[1..])?),
        '#' if begins_word => (Mark::Room, 1 + name_length(&rest[1..])?),
        'h' if begins_word => (Mark::Link, link_length(rest)?),
        _ => return None,
    };
    Some(Inline { range: start..start + length, mark })
}

fn code_length(rest: &str) -> Option<usize> {
    let end = 1 + rest[1..].find(['`', '\n'])?;
    (end > 1 && rest[end..].starts_with('`')).then_some(end + 1)
}

/// Returns the length of a name as the protocol spells it; a dot or dash at its end belongs to the sentence.
fn name_length(rest: &str) -> Option<usize> {
    let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))).unwrap_or(rest.len());
    let name = rest[..end].trim_end_matches(['.', '-', '_']);
    name.chars().next().filter(|c| c.is_alphanumeric()).map(|_| name.len())
}

fn link_length(rest: &str) -> Option<usize> {
    let body = ["https://", "http://"].iter().find_map(|scheme| rest.strip_prefix(scheme))?;
    let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '`')).unwrap_or(rest.len());
    let mut link = rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', '\'']);
    // A closing bracket belongs to the link only if the link opened it.
    while let Some(shorter) = link.strip_suffix(')').filter(|_| link.matches('(').count() < link.matches(')').count()) {
        link = shorter;
    }
    (link.len() > rest.len() - body.len()).then_some(link.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(text: &str) -> Vec<(&str, Mark)> {
        marks(text).into_iter().map(|inline| (&text[inline.range], inline.mark)).collect()
    }

    #[test]
    fn links_people_rooms_and_code_are_found() {
        assert_eq!(
            found("@ana see https://e.org/a_(b), #dev/812 or `#x @y`."),
            [
                ("@ana", Mark::Person),
                ("https://e.org/a_(b)", Mark::Link),
                ("#dev", Mark::Room),
                ("`#x @y`", Mark::Code)
            ]
        );
        assert_eq!(found("(https://e.org)"), [("https://e.org", Mark::Link)]);
        assert_eq!(found("mail me@home.org, C# and ` alone, https:// nothing"), []);
    }

    proptest! {
        #[test]
        fn marks_are_ordered_and_lie_on_characters(text in "[a-z@#` .()é/:h]{0,40}") {
            let mut at = 0;
            for inline in marks(&text) {
                prop_assert!(inline.range.start >= at && inline.range.end > inline.range.start);
                prop_assert!(text.get(inline.range.clone()).is_some());
                at = inline.range.end;
            }
        }
    }
}
