//! Splits a message into the words worth counting. Pure; must not know rooms or counts.
//!
//! Kept: words of all scripts in lower case, and code tokens as written (`k8s`, `C++`, `tokio-tungstenite`, `foo_bar`,
//! `std::fs`, `v1.2.3`). Dropped: stop words, plain numbers and measures, whole links, mail addresses, mentions, room
//! names, `:emoji:` names, drawn-out letters (`aaaaah`, `hahaha`), and fenced code: a pasted log is not what a room
//! talks about.

#![deny(clippy::disallowed_methods)]

use std::sync::Arc;

use unicode_segmentation::UnicodeSegmentation;

use super::stop::is_stop_word;

/// Distinct words counted per message; the first ones.
const WORDS_MAX: usize = 64;
/// Longest word in characters; anything longer is a hash or a scream.
pub const WORD_MAX_CHARS: usize = 40;
/// A run of text longer than this without a gap is a dump, not a word; splitting it would cost more than its length.
const PART_MAX_BYTES: usize = 512;
/// Units that make a number a measure.
const UNITS: &[&str] = &[
    "am", "b", "cm", "d", "gb", "gib", "h", "hz", "k", "kb", "kib", "km", "m", "mb", "mhz", "mib", "min", "ms", "nd",
    "ns", "pm", "px", "rd", "s", "st", "tb", "th", "us", "x",
];

/// One word of a message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Word {
    /// The key it is counted under: lower case. Shared by all counts of its message.
    pub key: Arc<str>,
    /// How it is shown: code tokens as written, words in lower case.
    pub shown: Arc<str>,
}

/// Returns the words worth counting, each once, in the order of the text.
pub fn words_of(body: &str) -> Vec<Word> {
    let mut found = Found::default();
    let spaced = outside_fences(body).flat_map(str::split_whitespace);
    for chunk in spaced.flat_map(|text| without_link(text).split(|c: char| "()[]{}<>\"“”„«»`*,;!?|=\\…".contains(c)))
    {
        take_chunk(chunk, &mut found);
    }
    found.words
}

#[derive(Default)]
struct Found {
    words: Vec<Word>,
}

impl Found {
    /// Adds a word, shown as its key unless it is written otherwise. They are few: looking at each is the quickest way.
    fn add(&mut self, key: &str, written: Option<&str>) {
        if !self.is_full() && !self.words.iter().any(|word| *word.key == *key) {
            let key = Arc::<str>::from(key);
            let shown = written.filter(|written| **written != *key).map_or_else(|| Arc::clone(&key), Arc::from);
            self.words.push(Word { key, shown });
        }
    }

    fn is_full(&self) -> bool {
        self.words.len() >= WORDS_MAX
    }
}

/// Returns the lines outside ``` fences. An open fence reaches to the end, as it does on screen.
fn outside_fences(body: &str) -> impl Iterator<Item = &str> {
    let mut is_fenced = false;
    body.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        if is_fence {
            // A fence that opens and closes on one line changes nothing.
            is_fenced ^= line.matches("```").count() % 2 == 1;
        }
        !is_fence && !is_fenced
    })
}

/// Returns the text before a link: a link reaches to the next space, so that no piece of it counts as a word.
fn without_link(text: &str) -> &str {
    let scheme_at = |at: usize| text[..at].trim_end_matches(|c: char| c.is_ascii_alphanumeric()).len();
    let start = text.find("://").map(scheme_at).or_else(|| text.find("www.")).or_else(|| bare_link(text));
    &text[..start.unwrap_or(text.len())]
}

/// Returns the start of a link without a scheme: a domain name with a path, as in `example.org/a/b`.
fn bare_link(text: &str) -> Option<usize> {
    let slash_at = text.find('/')?;
    let is_of_domain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
    let start = text[..slash_at].trim_end_matches(is_of_domain).len();
    let (domain, port) = text[start..slash_at].rsplit_once(':').unwrap_or((&text[start..slash_at], ""));
    let (rest, top) = domain.rsplit_once('.')?;
    let is_top = top.len() >= 2 && top.chars().all(|c| c.is_ascii_lowercase());
    let is_domain = is_top && rest.starts_with(|c: char| c.is_ascii_alphanumeric());
    (is_domain && port.chars().all(|c| c.is_ascii_digit())).then_some(start)
}

fn take_chunk(chunk: &str, found: &mut Found) {
    let bare = chunk.trim_start_matches(['\'', '’', '.', '-', '_', '~']);
    let is_mail = bare.starts_with("mailto:");
    let is_name = bare.contains('@') || bare.starts_with('#');
    let is_emoji = bare.len() > 2 && bare.starts_with(':') && bare.trim_end_matches(['.', ',']).ends_with(':');
    if is_mail || is_name || is_emoji {
        return;
    }
    for part in bare.split(|c: char| !(c.is_alphanumeric() || is_joiner(c) || is_mark(c))) {
        take_part(trim_joiners(part), found);
    }
}

/// Characters that hold a code token together.
fn is_joiner(c: char) -> bool {
    matches!(c, '_' | '-' | '.' | '+' | '#' | ':' | '\'' | '’')
}

/// Marks that belong to the letter before them, and the joiners some scripts need within words.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{200c}' | '\u{200d}')
        || (!c.is_ascii() && !c.is_alphanumeric() && is_word(c))
}

/// Returns whether the Unicode word rules count the character as part of a word, alone or after a letter.
fn is_word(c: char) -> bool {
    let mut text = String::from("a");
    text.push(c);
    text.unicode_words().next().is_some_and(|word| word.len() == text.len())
}

/// Strips joiners from both ends, but keeps `C++` and `C#` whole.
fn trim_joiners(part: &str) -> &str {
    let part = part.trim_start_matches(is_joiner);
    let core = part.trim_end_matches(is_joiner);
    let tail = &part[core.len()..];
    let is_letter = core.chars().count() == 1 && core.chars().all(char::is_alphabetic);
    let sign = if tail.starts_with("++") { 2 } else { usize::from(tail.starts_with('#')) };
    if is_letter { &part[..core.len() + sign] } else { core }
}

fn take_part(part: &str, found: &mut Found) {
    if part.is_empty() || part.len() > PART_MAX_BYTES || found.is_full() {
        return;
    }
    // Most parts. The rules below are about other characters.
    if part.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return add_word(part, found);
    }
    if is_number_or_measure(part) {
        return;
    }
    // A path of names is one token; a colon between words is not.
    let has_lone_colon = part.replace("::", "").contains(':');
    if let Some((apart_at, joiner)) = part
        .char_indices()
        .find(|&(at, c)| matches!(c, '\'' | '’') || (c == ':' && has_lone_colon) || is_sentence_end(part, at, c))
    {
        take_part(trim_joiners(&part[..apart_at]), found);
        take_part(trim_joiners(&part[apart_at + joiner.len_utf8()..]), found);
        return;
    }
    let is_code = part.chars().any(|c| is_joiner(c) || c.is_numeric());
    if is_code {
        take_code(part, found);
    } else {
        take_words(part, found);
    }
}

/// A full stop without a space, as in `done.Next`: a lower-case word, then a capitalised one.
fn is_sentence_end(part: &str, at: usize, c: char) -> bool {
    let is_word_before = part[..at].chars().all(|c| c.is_alphabetic() && c.is_lowercase());
    c == '.' && at > 1 && is_word_before && part[at + 1..].starts_with(char::is_uppercase)
}

fn take_code(token: &str, found: &mut Found) {
    let key = token.to_lowercase();
    let is_short = key.chars().count() <= WORD_MAX_CHARS;
    if is_short && key.chars().any(char::is_alphabetic) && !is_stop_word(&key) && !is_drawn_out(&key) {
        found.add(&key, Some(token));
    }
}

fn take_words(text: &str, found: &mut Found) {
    let mut before: Option<(usize, &str)> = None;
    for (at, word) in text.unicode_word_indices() {
        let mut chars = word.chars();
        let is_ideograph = chars.next().is_some_and(is_ideographic) && chars.next().is_none();
        // Most Chinese and Japanese words have two ideographs, and no space marks them: neighbours count in pairs.
        if is_ideograph {
            if let Some((_, first)) = before.filter(|(end, _)| *end == at) {
                add_word(&format!("{first}{word}"), found);
            }
            before = Some((at + word.len(), word));
        } else {
            before = None;
            add_word(word, found);
        }
    }
}

fn add_word(word: &str, found: &mut Found) {
    let key = word.to_lowercase();
    if (2..=WORD_MAX_CHARS).contains(&key.chars().count()) && !is_stop_word(&key) && !is_drawn_out(&key) {
        found.add(&key, None);
    }
}

/// Returns whether letters are repeated for their sound: `aaa`, `noooo`, `hahaha`. Three equal letters in a row happen
/// in words (`Schifffahrt`).
fn is_drawn_out(key: &str) -> bool {
    let (mut letters, mut run, mut longest_run) = (0, 0, 0);
    // The first two different letters, and whether there is a third.
    let (mut kinds, mut has_more_kinds) = ([None; 2], false);
    let (mut before, mut is_all_letters) = (None, true);
    for c in key.chars() {
        if !c.is_alphabetic() {
            is_all_letters = false;
            continue;
        }
        letters += 1;
        run = if before == Some(c) { run + 1 } else { 1 };
        longest_run = run.max(longest_run);
        before = Some(c);
        match kinds.iter_mut().find(|kind| kind.is_none_or(|kind| kind == c)) {
            Some(kind) => *kind = Some(c),
            None => has_more_kinds = true,
        }
    }
    let distinct = kinds.iter().flatten().count();
    let is_repeated = !has_more_kinds && ((distinct == 1 && letters >= 3) || (distinct == 2 && letters >= 5));
    longest_run >= 4 || (is_repeated && is_all_letters)
}

fn is_ideographic(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// `4211`, `10:30`, `2026-11-19`, `3.14`, `12s`, `3m12s`, `50ms`, `2nd`.
fn is_number_or_measure(part: &str) -> bool {
    let mut units = part.split(|c: char| c.is_numeric() || is_joiner(c)).filter(|unit| !unit.is_empty());
    part.starts_with(char::is_numeric) && units.all(|unit| UNITS.contains(&unit.to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn shown(body: &str) -> Vec<String> {
        words_of(body).into_iter().map(|word| word.shown.to_string()).collect()
    }

    #[test]
    fn words_and_code_tokens_are_told_from_noise() {
        for (body, words) in [
            ("The resume fix is in the Build, please review!", vec!["resume", "fix", "build", "review"]),
            ("k8s, C++ and C# (not tokio-tungstenite)", vec!["k8s", "C++", "C#", "tokio-tungstenite"]),
            ("foo_bar() in std::sync::Arc; v1.2.3, main.rs.", vec!["foo_bar", "std::sync::Arc", "v1.2.3", "main.rs"]),
            ("build 4211 passed in 3m12s, 50ms p99 on 2026-11-19", vec!["build", "passed", "p99"]),
            ("see https://example.org/flaky?x=1 or www.example.org, mail ana@example.org", vec!["mail"]),
            ("(docs:https://e.org/a?line=number#frag,more) then", vec!["docs"]),
            ("[guide](https://e.org/a;b=bold|x) github.com/ana/resume?tab=2#frag e.org:80/x", vec!["guide"]),
            ("src/main.rs and either/or", vec!["src", "main.rs", "either"]),
            ("aaaaaaa noooo hahaha xoxoxo www x_aaaaa banana Schifffahrt mama", vec!["banana", "schifffahrt", "mama"]),
            ("@ana look at #dev/812 :tada:", vec![]),
            ("it's the server's clock, l’erreur", vec!["server", "clock", "erreur"]),
            ("shipped.Next: either/or --release", vec!["shipped", "next", "either", "release"]),
            ("die Prüfung läuft nicht", vec!["prüfung", "läuft"]),
            ("сборка упала на сервере", vec!["сборка", "упала", "сервере"]),
            ("数据库连接", vec!["数据", "据库", "库连", "连接"]),
            ("deploy deploy DEPLOY Deploy", vec!["deploy"]),
        ] {
            assert_eq!(shown(body), words, "{body}");
        }
    }

    #[test]
    fn fenced_code_says_nothing_and_inline_code_does() {
        assert_eq!(shown("look:\n```rust\nfn secret() {}\n```\nthe `RoomHandle` leaks"), ["roomhandle", "leaks"]);
        assert_eq!(shown("```\nopen to the end"), [""; 0]);
    }

    #[test]
    fn a_message_counts_a_bounded_number_of_words() {
        let body = (0..500).map(|n| format!("word{n}x")).collect::<Vec<_>>().join(" ");
        assert_eq!(words_of(&body).len(), WORDS_MAX);
        assert_eq!(shown(&"a".repeat(41)), [""; 0]);
    }

    proptest! {
        #[test]
        fn any_text_gives_clean_words_each_once(body in "\\PC{0,200}|[a-zA-Z0-9 '’.:#@_+`\n-]{0,200}") {
            let words = words_of(&body);
            let keys: HashSet<&str> = words.iter().map(|word| &*word.key).collect();
            prop_assert_eq!(keys.len(), words.len());
            for word in &words {
                prop_assert_eq!(word.shown.to_lowercase(), &*word.key);
                prop_assert!(word.key.chars().any(char::is_alphanumeric));
                prop_assert!(!word.key.contains(|c: char| c.is_whitespace() || c.is_control()));
                prop_assert!(!is_stop_word(&word.key));
            }
        }

        #[test]
        fn words_do_not_depend_on_what_stands_around_them(left in "[a-z]{4,9}", right in "[a-z]{4,9}") {
            let of_both: Vec<Word> = words_of(&format!("{left} {right}"));
            let apart: Vec<Word> = [words_of(&left), words_of(&right)].concat();
            let distinct: HashSet<_> = apart.into_iter().collect();
            prop_assert_eq!(of_both.into_iter().collect::<HashSet<_>>(), distinct);
        }
    }
}
