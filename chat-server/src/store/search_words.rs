//! Cuts a text into the words by which it is found: words without case and accents, code tokens as they stand, pairs of
//! ideographs. Pure; must not know where they are kept.
//!
//! A code token (`foo_bar`, `tokio::spawn`, `main.rs`, `C++`) is one word, and each of its parts is another, so that both are
//! found. Chinese, Japanese and Korean have no spaces where words end: each two neighbours are a word. A phrase is not kept: a
//! search finds the texts that hold all of its words, and looks at those.

#![deny(clippy::disallowed_methods)]

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The number of these rules. A change of them, or of the Unicode tables behind them, raises it: an index of other words is
/// made anew.
pub const FORM: i64 = 1;

/// A longer word counts as its beginning, in bytes.
const WORD_MAX_BYTES: usize = 64;

/// Calls `found` with each word of a text, in its order; a word may come again.
pub fn each_word(text: &str, found: &mut dyn FnMut(&str)) {
    let text = folded(text);
    for chunk in text.split(|c| !is_word_char(c) && !is_joiner(c)) {
        let token = trimmed(chunk);
        let is_code = token.contains(is_joiner);
        if is_code {
            found(beginning(token));
        }
        for part in token.split(is_joiner).filter(|part| !part.is_empty()) {
            each_of_part(part, found);
        }
    }
}

/// The text without case, accents and compatibility forms.
fn folded(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Owned(text.to_ascii_lowercase());
    }
    // Only the accents of alphabets: the marks of other scripts tell words apart.
    let is_accent = |c: &char| matches!(c, '\u{300}'..='\u{36f}');
    let letters = text.nfkd().filter(|c| !is_accent(c)).flat_map(char::to_lowercase);
    Cow::Owned(letters.nfc().collect())
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || (!c.is_ascii() && is_combining_mark(c))
}

/// The characters that hold a code token together.
fn is_joiner(c: char) -> bool {
    matches!(c, '_' | '-' | '.' | '+' | '#' | ':')
}

/// A chunk without joiners at its ends, but with the sign of `C++` and `C#`.
fn trimmed(chunk: &str) -> &str {
    let chunk = chunk.trim_start_matches(is_joiner);
    let core = chunk.trim_end_matches(is_joiner).len();
    let sign = ["++", "#"].into_iter().find(|sign| core > 0 && chunk[core..].starts_with(sign));
    &chunk[..core + sign.map_or(0, str::len)]
}

/// Finds the words in a run of letters, digits and marks.
fn each_of_part(part: &str, found: &mut dyn FnMut(&str)) {
    if part.is_ascii() {
        found(beginning(part));
        return;
    }
    let mut rest = part;
    while let Some(first) = rest.chars().next() {
        let is_same = |c: char| is_ideographic(c) == is_ideographic(first);
        let (run, after) = rest.split_at(rest.find(|c| !is_same(c)).unwrap_or(rest.len()));
        if is_ideographic(first) {
            each_pair(run, found);
        } else {
            found(beginning(run));
        }
        rest = after;
    }
}

/// Finds each two neighbours; one alone is a word, too.
fn each_pair(run: &str, found: &mut dyn FnMut(&str)) {
    let ends: Vec<usize> = run.char_indices().map(|(at, _)| at).chain([run.len()]).collect();
    if ends.len() == 2 {
        found(run);
        return;
    }
    for pair in ends.windows(3) {
        found(&run[pair[0]..pair[2]]);
    }
}

/// The letters of scripts without spaces between words: Han, Hiragana, Katakana, Hangul.
fn is_ideographic(c: char) -> bool {
    matches!(
        c,
        '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
            | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}'
    )
}

/// At most [`WORD_MAX_BYTES`] of a word, whole characters.
fn beginning(word: &str) -> &str {
    &word[..word.floor_char_boundary(WORD_MAX_BYTES)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Vec<String> {
        let mut words = Vec::new();
        each_word(text, &mut |word| words.push(word.to_owned()));
        words
    }

    #[test]
    fn a_text_is_found_by_its_words_and_code_tokens_and_pairs_of_ideographs() {
        for (text, expected) in [
            ("Über die Prüfung, naïve façade", "uber die prufung naive facade"),
            ("ＦＵＬＬ ﬁne № 7", "full fine no 7"),
            ("foo_bar(tokio::spawn)", "foo_bar foo bar tokio::spawn tokio spawn"),
            ("C++ and C#, c.", "c++ c and c# c c"),
            ("src/main.rs v1.2.3 --release", "src main.rs main rs v1.2.3 v1 2 3 release"),
            ("it’s ana@example.org", "it s ana example.org example org"),
            ("数据库连接 库", "数据 据库 库连 连接 库"),
            ("用Rust写", "用 rust 写"),
            ("がぎ 서버가", "がぎ 서버 버가"),
            ("हिन्दी", "हिन्दी"),
            ("... -- ++ ::", ""),
        ] {
            assert_eq!(words(text).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn a_long_word_is_found_by_its_beginning() {
        let long = format!("{}é", "x".repeat(200));
        assert_eq!(words(&long), ["x".repeat(WORD_MAX_BYTES)]);
        assert_eq!(words(&"数".repeat(100)).len(), 99);
    }

    proptest! {
        #[test]
        fn a_text_has_the_words_of_its_parts_and_no_spaces_in_them(left in "\\PC{0,60}", right in "\\PC{0,60}") {
            prop_assert_eq!(words(&format!("{left} {right}")), [words(&left), words(&right)].concat());
            prop_assert!(words(&left).iter().all(|word| !word.is_empty() && word.len() <= WORD_MAX_BYTES));
            prop_assert!(words(&left).iter().all(|word| !word.contains(char::is_whitespace)));
        }

        #[test]
        fn case_and_accents_make_no_difference(text in "[a-zA-Zäöüéèñç _.:+-]{0,60}") {
            prop_assert_eq!(words(&text.to_uppercase()), words(&text));
            prop_assert_eq!(words(&text.nfd().collect::<String>()), words(&text));
        }
    }
}
