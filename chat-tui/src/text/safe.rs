//! Text that cannot steer a terminal. Built only here, and only this may be shown. Pure; must not know where the text
//! comes from.

#![deny(clippy::disallowed_methods)]

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

use super::invisible::{has_effect, is_always_invisible, is_selector};

/// Most characters of one grapheme; anything beyond is stacked marks.
const GRAPHEME_MAX_CHARS: usize = 12;
/// Columns of a tab stop.
const TAB: usize = 4;

/// Text without escape sequences and without control, bidi and invisible characters. It takes no more memory than its
/// bytes, since a room holds many of them.
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
        Self::cleaned(text, true)
    }

    /// Cleans text of several lines for a file or a pipe: tabs stay, since they may mean something to its reader.
    pub fn piped(text: &str) -> Self {
        Self::cleaned(text, false)
    }

    fn cleaned(text: &str, has_tab_stops: bool) -> Self {
        let plain = without_escapes(text);
        let visible = without_unsafe(&plain);
        let mut safe = String::with_capacity(visible.len());
        let mut column = 0;
        for grapheme in visible.graphemes(true) {
            match grapheme {
                "\n" => {
                    safe.push('\n');
                    column = 0;
                }
                "\t" if has_tab_stops => {
                    let spaces = TAB - column % TAB;
                    safe.extend(std::iter::repeat_n(' ', spaces));
                    column += spaces;
                }
                grapheme => {
                    safe.push_str(shortened(grapheme));
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

/// Returns whether a character must never be shown: it can steer a terminal, reorder text, or hide in it. Joiners and
/// variation selectors are judged by their neighbours instead.
pub fn is_unsafe(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
        || is_always_invisible(c)
}

/// Removes unsafe characters but tabs, and selectors without effect.
fn without_unsafe(text: &str) -> Cow<'_, str> {
    let is_dropped = |c: char| c != '\t' && is_unsafe(c);
    if !text.chars().any(|c| is_dropped(c) || is_selector(c)) {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut rest = text.chars().filter(|c| !is_dropped(*c)).peekable();
    let mut before = None;
    while let Some(c) = rest.next() {
        if !is_selector(c) || has_effect(c, before, rest.peek().copied()) {
            kept.push(c);
            before = Some(c);
        }
    }
    Cow::Owned(kept)
}

/// Cuts stacked marks off a grapheme; never behind a joiner, which would join what follows.
fn shortened(grapheme: &str) -> &str {
    match grapheme.char_indices().nth(GRAPHEME_MAX_CHARS) {
        Some((end, _)) => grapheme[..end].trim_end_matches(is_selector),
        None => grapheme,
    }
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
        assert_eq!(SafeText::piped("a\tb\r\n\tc").as_str(), "a\tb\n\tc");
        assert_eq!(SafeText::line("a\nb").as_str(), "a b");
        assert_eq!(safe("e\u{301}\u{202e}x\u{e0041}"), "e\u{301}x");
    }

    #[test]
    fn characters_that_draw_nothing_are_removed() {
        let ranges = [
            '\u{200b}'..='\u{200d}',
            '\u{2060}'..='\u{2064}',
            '\u{206a}'..='\u{206f}',
            '\u{fff9}'..='\u{fffb}',
            '\u{fe00}'..='\u{fe0f}',
            '\u{180b}'..='\u{180f}',
            '\u{e0001}'..='\u{e007f}',
            '\u{e0100}'..='\u{e01ef}',
        ];
        let others = ['\u{ad}', '\u{34f}', '\u{115f}', '\u{3164}', '\u{ffa0}', '\u{2028}', '\u{202e}'];
        for hidden in ranges.into_iter().flatten().chain(others) {
            let text = format!("ad{hidden}min{hidden} 1{hidden}{hidden}");
            for safe in [SafeText::block(&text), SafeText::line(&text), SafeText::piped(&text)] {
                assert_eq!(safe.as_str(), "admin 1", "U+{:04X}", hidden as u32);
            }
        }
    }

    #[test]
    fn joiners_and_selectors_stay_where_a_script_or_an_emoji_needs_them() {
        for text in [
            "👩\u{200d}💻 👩🏽\u{200d}💻 ❤\u{fe0f}\u{200d}🔥 👨\u{200d}👩\u{200d}👧 🏳\u{fe0f}\u{200d}🌈",
            "❤\u{fe0f} ☎\u{fe0e} 1\u{fe0f}\u{20e3} #\u{fe0f}\u{20e3} ©\u{fe0f}",
            "می\u{200c}خواهم क्\u{200d}ष ක්\u{200d}ර ന്\u{200d} র্\u{200d}য",
            "葛\u{e0100} 葛\u{fe00} ᠠ\u{180b}",
        ] {
            assert_eq!(SafeText::block(text).as_str(), text);
        }
        let safe = |text| SafeText::block(text).as_str().to_owned();
        assert_eq!(safe("👩\u{200d}x❤\u{fe0f}\u{fe0f}\u{200d}"), "👩x❤\u{fe0f}", "and nowhere else");
    }

    proptest! {
        #[test]
        fn joiners_and_selectors_in_any_order_are_cleaned_once(
            text in "[a1 \u{200c}\u{200d}\u{fe0f}\u{fe00}\u{180b}\u{34f}\u{202e}👩💻❤क्षمی葛ᠠ]{0,24}",
        ) {
            let safe = SafeText::block(&text);
            prop_assert_eq!(SafeText::block(safe.as_str()), safe);
        }

        #[test]
        fn no_unsafe_character_survives_and_safe_text_stays_as_it_is(text in any::<String>()) {
            let safe = SafeText::block(&text);
            prop_assert!(!safe.as_str().chars().any(is_unsafe));
            prop_assert_eq!(SafeText::block(safe.as_str()), safe);
        }
    }
}
