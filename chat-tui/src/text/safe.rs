//! Text that cannot steer a terminal. Built only here, and only this may be shown. Pure; must not know where the text
//! comes from.

#![deny(clippy::disallowed_methods)]

use unicode_segmentation::UnicodeSegmentation;

/// Most characters of one grapheme; anything beyond is stacked marks.
const GRAPHEME_MAX_CHARS: usize = 12;
/// Columns of a tab stop.
const TAB: usize = 4;

/// Text without escape sequences and without control, bidi and tag characters. It takes no more memory than its bytes,
/// since a room holds many of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SafeText(Box<str>);

impl SafeText {
    /// Cleans text for one line: line ends become spaces.
    pub fn line(text: &str) -> Self {
        let block = Self::block(text);
        Self(block.0.replace('\n', " ").into())
    }

    /// Cleans text of several lines; tabs become spaces up to the next stop.
    pub fn block(text: &str) -> Self {
        let plain = without_escapes(text);
        let mut safe = String::with_capacity(plain.len());
        let mut column = 0;
        for grapheme in plain.graphemes(true) {
            match grapheme {
                "\n" | "\r\n" => {
                    safe.push('\n');
                    column = 0;
                }
                "\t" => {
                    let spaces = TAB - column % TAB;
                    safe.extend(std::iter::repeat_n(' ', spaces));
                    column += spaces;
                }
                grapheme => {
                    safe.extend(grapheme.chars().filter(|c| !is_unsafe(*c)).take(GRAPHEME_MAX_CHARS));
                    column += 1;
                }
            }
        }
        Self(safe.into())
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Returns whether a character can steer a terminal or reorder text: controls, bidi controls, line separators, tags.
pub fn is_unsafe(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// Removes whole escape sequences (ECMA-48 § 5.4, § 5.6), not only their first character.
fn without_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => match chars.peek() {
                Some('[') => {
                    chars.next();
                    skip_control_sequence(&mut chars);
                }
                Some(']' | 'P' | 'X' | '^' | '_') => {
                    chars.next();
                    skip_control_string(&mut chars);
                }
                Some(next) if !next.is_control() => drop(chars.next()),
                _ => {}
            },
            '\u{9b}' => skip_control_sequence(&mut chars),
            '\u{9d}' | '\u{90}' | '\u{98}' | '\u{9e}' | '\u{9f}' => skip_control_string(&mut chars),
            c => plain.push(c),
        }
    }
    plain
}

type Rest<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// Skips parameters and intermediates, then one final character.
fn skip_control_sequence(rest: &mut Rest<'_>) {
    while rest.next_if(|c| ('\u{20}'..='\u{3f}').contains(c)).is_some() {}
    rest.next_if(|c| ('\u{40}'..='\u{7e}').contains(c));
}

/// Skips to the terminator; an unterminated sequence takes its line and no more.
fn skip_control_string(rest: &mut Rest<'_>) {
    while let Some(c) = rest.next_if(|c| *c != '\n') {
        if c == '\u{7}' || c == '\u{9c}' || (c == '\u{1b}' && rest.next_if_eq(&'\\').is_some()) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escape_sequences_leave_nothing_behind() {
        let safe = |text| SafeText::block(text).as_str().to_owned();
        assert_eq!(safe("a\u{1b}[31mred\u{1b}[0m"), "ared");
        assert_eq!(safe("\u{1b}]0;title\u{7}x\u{1b}]8;;http://e\u{1b}\\link"), "xlink");
        assert_eq!(safe("\u{9b}2Jx"), "x");
        assert_eq!(safe("a\tb\n\tc"), "a   b\n    c");
        assert_eq!(SafeText::line("a\nb").as_str(), "a b");
        assert_eq!(safe("e\u{301}\u{202e}x\u{e0041}"), "e\u{301}x");
    }

    proptest! {
        #[test]
        fn no_unsafe_character_survives_and_safe_text_stays_as_it_is(text in any::<String>()) {
            let safe = SafeText::block(&text);
            prop_assert!(!safe.as_str().chars().any(is_unsafe));
            prop_assert_eq!(SafeText::block(safe.as_str()), safe);
        }
    }
}
