//! Wraps text to a width, as byte ranges, so that ranges within the text also hold within its lines. Pure; must not
//! know styles.

#![deny(clippy::disallowed_methods)]

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Wraps to at most `columns` (at least 1) between words, dropping the spaces at a break. A word longer than a line is
/// broken. Never returns fewer than one line.
pub fn wrap_words(text: &str, columns: usize) -> Vec<Range<usize>> {
    lines(text).flat_map(|line| wrap_line(text, line, columns.max(1))).collect()
}

/// Wraps to at most `columns` (at least 1), only where a line is full: spaces stay as written.
pub fn wrap_verbatim(text: &str, columns: usize) -> Vec<Range<usize>> {
    lines(text).flat_map(|line| cut(text, line, columns.max(1))).collect()
}

/// Returns the ranges between line ends.
fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    text.split('\n').map(move |line| {
        let range = start..start + line.len();
        start = range.end + 1;
        range
    })
}

fn wrap_line(text: &str, line: Range<usize>, columns: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut current = line.start..line.start;
    let mut used = 0;
    for word in words(text, line.clone()) {
        let word_width = super::width(&text[word.clone()]);
        let gap = super::width(&text[current.end..word.start]);
        if used + gap + word_width <= columns {
            current.end = word.end;
            used += gap + word_width;
            continue;
        }
        if !current.is_empty() {
            found.push(current.clone());
        }
        let mut pieces = cut(text, word, columns);
        current = pieces.pop().expect("invariant: a word has at least one piece");
        found.append(&mut pieces);
        used = super::width(&text[current.clone()]);
    }
    found.push(current);
    found
}

/// Returns the words of a line without the spaces around them; leading spaces belong to the first word.
fn words(text: &str, line: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let slice = &text[line.clone()];
    let indented = slice.len() - slice.trim_start_matches(' ').len();
    let mut at = 0;
    std::iter::from_fn(move || {
        let from = if at == 0 { 0 } else { at + slice[at..].find(|c| c != ' ')? };
        let search_from = from.max(indented);
        let to = slice[search_from..].find(' ').map_or(slice.len(), |space| search_from + space);
        if from == to {
            return None;
        }
        at = to;
        Some(line.start + from..line.start + to)
    })
}

/// Cuts a range into pieces of at most `columns`, between graphemes; one wider than a line gets its own.
fn cut(text: &str, range: Range<usize>, columns: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut start, mut used) = (range.start, 0);
    for (at, grapheme) in text[range.clone()].grapheme_indices(true) {
        let at = range.start + at;
        let grapheme_width = grapheme.width();
        if used + grapheme_width > columns && at > start {
            found.push(start..at);
            (start, used) = (at, 0);
        }
        used += grapheme_width;
    }
    found.push(start..range.end);
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wrapped(text: &str, columns: usize) -> Vec<&str> {
        wrap_words(text, columns).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn words_stay_whole_where_they_fit() {
        assert_eq!(wrapped("the flaky test is the clock", 10), ["the flaky", "test is", "the clock"]);
        assert_eq!(wrapped("a\n\nb", 10), ["a", "", "b"]);
        assert_eq!(wrapped("", 10), [""]);
        assert_eq!(wrapped("abcdefghij klm", 4), ["abcd", "efgh", "ij", "klm"]);
        assert_eq!(wrapped("日本語日本語", 5), ["日本", "語日", "本語"]);
        assert_eq!(wrapped("  indented text", 10), ["  indented", "text"]);
    }

    #[test]
    fn code_keeps_its_spaces() {
        let text = "fn a() {\n    b();\n}";
        let lines: Vec<_> = wrap_verbatim(text, 6).into_iter().map(|range| &text[range]).collect();
        assert_eq!(lines, ["fn a()", " {", "    b(", ");", "}"]);
    }

    proptest! {
        #[test]
        fn nothing_but_spaces_is_lost_and_lines_fit(text in "[a-z 日\u{301}\n👍]{0,60}", columns in 1usize..20) {
            let lines = wrap_words(&text, columns);
            let mut at = 0;
            for line in &lines {
                prop_assert!(text[at..line.start].chars().all(|c| c == ' ' || c == '\n'), "{lines:?}");
                at = line.end;
                let is_single = text[line.clone()].graphemes(true).count() == 1;
                prop_assert!(is_single || super::super::width(&text[line.clone()]) <= columns);
            }
            prop_assert!(text[at..].chars().all(|c| c == ' ' || c == '\n'));
            let verbatim: usize = wrap_verbatim(&text, columns).iter().map(ExactSizeIterator::len).sum();
            prop_assert_eq!(verbatim + text.matches('\n').count(), text.len());
        }
    }
}
