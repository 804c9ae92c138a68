//! Turns the output of tools into text for messages: removes escape sequences, applies `\r`, folds line ends, replaces
//! invalid UTF-8, and shortens or splits long text. Must not know where the text comes from.

use clap::ValueEnum;

use chat_proto::limits::Limits;
use chat_proto::text::MessageBody;

use super::exit::CliError;

/// The ways to fit a long text into messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Fit {
    /// Keep the beginning.
    Head,
    /// Keep the end.
    Tail,
    /// Send several messages.
    Split,
}

/// Cleans the output of a tool.
///
/// # Errors
/// A usage error if it contains a NUL: it is binary data, not text.
pub(super) fn clean(bytes: &[u8]) -> Result<String, CliError> {
    if bytes.contains(&0) {
        return Err(CliError::usage("the input contains a NUL byte, so it is binary, not text; encode it first"));
    }
    let plain = strip_ansi_escapes::strip(keep_line_controls(bytes));
    let text = String::from_utf8_lossy(&plain);
    let lines: Vec<String> = text.replace(CRLF_MARK, "\n").split('\n').map(apply_carriage_returns).collect();
    Ok(lines.join("\n").trim_end_matches('\n').to_owned())
}

/// Stand-ins for carriage return and tab while escape sequences are removed, which would remove them too.
const CR_MARK: char = '\u{e000}';
const TAB_MARK: char = '\u{e001}';
const CRLF_MARK: &str = "\u{e000}\n";

fn keep_line_controls(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    // The same characters in the input would be mistaken for ours; they have no meaning in text.
    let text = text.replace([CR_MARK, TAB_MARK], "\u{fffd}");
    text.replace('\r', "\u{e000}").replace('\t', "\u{e001}").into_bytes()
}

/// Returns the line as a terminal shows it at last: progress bars leave their final state.
fn apply_carriage_returns(line: &str) -> String {
    let mut shown: Vec<char> = Vec::new();
    for part in line.split(CR_MARK) {
        for (column, character) in part.chars().enumerate() {
            let character = if character == TAB_MARK { '\t' } else { character };
            if column < shown.len() { shown[column] = character } else { shown.push(character) }
        }
    }
    shown.retain(|c| *c == '\t' || !c.is_control());
    shown.into_iter().collect()
}

/// Fits a text into one body, or several with [`Fit::Split`]; the text itself says how much was left out.
///
/// # Errors
/// A usage error with limit and size if the text is too long and `how` is `None`.
pub(super) fn fit(text: &str, how: Option<Fit>, limits: &Limits) -> Result<Vec<String>, CliError> {
    if MessageBody::has_room(text, limits) {
        return Ok(vec![text.to_owned()]);
    }
    match how {
        None => Err(CliError::usage(format!(
            "the text has {} characters and {} bytes; a message holds {} characters and {} bytes. Use --fit head, --fit tail or --fit split",
            text.chars().count(),
            text.len(),
            limits.body_max_chars,
            limits.body_max_bytes,
        ))),
        Some(Fit::Split) => Ok(split(text, limits)),
        Some(Fit::Head) => Ok(vec![fit_head(text, limits)]),
        Some(Fit::Tail) => Ok(vec![fit_tail(text, 0, limits)]),
    }
}

/// Space for the line that says how much was left out.
const HEADROOM: usize = 100;

/// Returns the beginning of a long text and a note of the lines left out, or of characters if one line is too long.
pub(super) fn fit_head(text: &str, limits: &Limits) -> String {
    if MessageBody::has_room(text, limits) {
        return text.to_owned();
    }
    let kept = take_lines(text.lines(), limits);
    if kept.is_empty() {
        let kept = cut(text.lines().next().unwrap_or_default(), HEADROOM, limits);
        let left = text.chars().count() - kept.chars().count();
        return format!("{kept}\n… {left} more characters left out");
    }
    let left = text.lines().count() - kept.len();
    format!("{}\n… {left} more lines left out", kept.join("\n"))
}

/// Returns the end of a long text after a note of what was left out, including `lines_before` that are gone already.
pub(super) fn fit_tail(text: &str, lines_before: usize, limits: &Limits) -> String {
    let mut kept = take_lines(text.lines().rev(), limits);
    kept.reverse();
    if kept.is_empty() {
        let kept = cut_to_end(text.lines().next_back().unwrap_or_default(), HEADROOM, limits);
        let left = text.chars().count() - kept.chars().count();
        let lines = if lines_before > 0 { format!("{lines_before} lines and ") } else { String::new() };
        return format!("… {lines}{left} characters before this left out\n{kept}");
    }
    let left = text.lines().count() - kept.len() + lines_before;
    format!("… {left} lines before this left out\n{}", kept.join("\n"))
}

/// Returns the last lines of a text that may be needed for one message, or the end of its last line if that is too long, and
/// the number of lines before them.
pub(super) fn last_lines<'a>(text: &'a str, limits: &Limits) -> (String, usize) {
    let lines: Vec<&'a str> = text.lines().collect();
    let kept = take_lines(lines.iter().rev().copied(), limits).len();
    if kept == lines.len() {
        return (text.to_owned(), 0);
    }
    if kept == 0 {
        // Longer than a message by a little: the message says that its beginning is missing.
        let last = lines.last().copied().unwrap_or_default();
        let longest = Limits {
            body_max_chars: limits.body_max_chars + 1,
            body_max_bytes: limits.body_max_bytes + 4,
            ..limits.clone()
        };
        return (cut_to_end(last, 0, &longest).to_owned(), lines.len() - 1);
    }
    (lines[lines.len() - kept..].join("\n"), lines.len() - kept)
}

/// Takes whole lines while they fit with the note; none if the first is too long.
fn take_lines<'a>(lines: impl Iterator<Item = &'a str>, limits: &Limits) -> Vec<&'a str> {
    let (mut chars, mut bytes, mut kept) = (HEADROOM, HEADROOM, Vec::new());
    for line in lines {
        chars += line.chars().count() + 1;
        bytes += line.len() + 1;
        if chars as u64 > limits.body_max_chars || bytes as u64 > limits.body_max_bytes {
            break;
        }
        kept.push(line);
    }
    kept
}

/// Returns the longest end of `text` that fits one message with `headroom` to spare.
fn cut_to_end<'a>(text: &'a str, headroom: usize, limits: &Limits) -> &'a str {
    let (chars_max, bytes_max) = (limits.body_max_chars as usize, limits.body_max_bytes as usize);
    let start = text
        .char_indices()
        .rev()
        .enumerate()
        .find(|(count, (at, _))| *count + headroom >= chars_max || text.len() - at + headroom > bytes_max)
        .map_or(0, |(_, (at, c))| at + c.len_utf8());
    &text[start..]
}

/// Returns the longest beginning of `text` that fits one message with `headroom` to spare.
fn cut<'a>(text: &'a str, headroom: usize, limits: &Limits) -> &'a str {
    let (chars_max, bytes_max) = (limits.body_max_chars as usize, limits.body_max_bytes as usize);
    let end = text
        .char_indices()
        .enumerate()
        .find(|(count, (at, c))| *count + headroom >= chars_max || at + c.len_utf8() + headroom > bytes_max)
        .map_or(text.len(), |(_, (at, _))| at);
    &text[..end]
}

fn split(text: &str, limits: &Limits) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let longest = cut(rest, 0, limits);
        // Split at line ends; within a line only if it is too long on its own.
        let end = if longest.len() == rest.len() {
            longest.len()
        } else {
            longest.rfind('\n').map_or(longest.len(), |at| at + 1)
        };
        let part = rest[..end].trim_end_matches('\n');
        if !part.trim().is_empty() {
            parts.push(part.to_owned());
        }
        rest = &rest[end..];
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fits(text: &str) -> bool {
        MessageBody::has_room(text, &Limits::default())
    }

    fn fit(text: &str, how: Option<Fit>) -> Result<Vec<String>, CliError> {
        super::fit(text, how, &Limits::default())
    }

    #[test]
    fn colours_and_progress_bars_become_plain_text() {
        let cleaned = |text: &str| clean(text.as_bytes()).expect("no NUL");
        assert_eq!(cleaned("\u{1b}[31merror\u{1b}[0m: x\r\n\tnext"), "error: x\n\tnext");
        assert_eq!(cleaned("10%\r50%\r100% done\n"), "100% done");
        assert_eq!(cleaned("longer line\rshort"), "shortr line");
        assert_eq!(cleaned("\u{1b}]0;title\u{7}text"), "text");
    }

    #[test]
    fn bad_utf8_is_shown_and_binary_is_refused() {
        assert_eq!(clean(b"a\xffb").expect("text"), "a\u{fffd}b");
        assert!(clean(b"a\0b").is_err());
    }

    #[test]
    fn a_long_text_needs_a_way_to_fit() {
        let long: String = (0..3000).map(|n| format!("line {n}\n")).collect();
        assert!(fit(&long, None).is_err());
        let head = &fit(&long, Some(Fit::Head)).expect("fits")[0];
        assert!(fits(head) && head.starts_with("line 0\n") && head.ends_with("more lines left out"));
        let tail = &fit(&long, Some(Fit::Tail)).expect("fits")[0];
        assert!(fits(tail) && tail.ends_with("line 2999") && tail.contains("left out"));
    }

    #[test]
    fn a_text_is_cut_to_what_the_server_takes() {
        let limits = Limits { body_max_chars: 300, body_max_bytes: 900, ..Limits::default() };
        let long: String = (0..200).map(|n| format!("line {n}\n")).collect();
        for how in [Fit::Head, Fit::Tail, Fit::Split] {
            let parts = super::fit(&long, Some(how), &limits).expect("fits");
            assert!(parts.iter().all(|part| MessageBody::has_room(part, &limits)), "{how:?}: {parts:?}");
        }
        let refused = super::fit(&long, None, &limits).expect_err("too long");
        assert!(refused.to_string().contains("a message holds 300 characters and 900 bytes"), "{refused}");
    }

    #[test]
    fn omitted_text_is_counted() {
        let limits = Limits::default();
        let line: String = (0..9_000).map(|n| char::from(b'a' + (n % 26) as u8)).collect();
        let head = fit_head(&line, &limits);
        let (kept, note) = head.split_once('\n').expect("a note");
        assert!(
            line.starts_with(kept) && note == format!("… {} more characters left out", 9_000 - kept.len()),
            "{note}"
        );
        let tail = fit_tail(&line, 0, &limits);
        let (note, kept) = tail.split_once('\n').expect("a note");
        assert!(line.ends_with(kept), "the end is kept, not the beginning");
        assert_eq!(note, format!("… {} characters before this left out", 9_000 - kept.len()));
        assert!(fit_tail(&line, 7, &limits).starts_with("… 7 lines and "));
        let wide = "ß🙂".repeat(5_000);
        assert!(fits(&fit_head(&wide, &limits)) && fits(&fit_tail(&wide, 1_000_000, &limits)));
        let lines = "x\n".repeat(9_000);
        let tail = fit_tail(&lines, 1_000, &limits);
        let kept = tail.lines().count() - 1;
        assert!(tail.starts_with(&format!("… {} lines before this left out\n", 10_000 - kept)), "{tail:.60}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

        #[test]
        fn split_loses_no_line_and_every_part_fits(lines in proptest::collection::vec("[a-zäß🙂]{1,400}", 1..200)) {
            let text = lines.join("\n");
            let parts = split(&text, &Limits::default());
            prop_assert!(parts.iter().all(|part| fits(part)));
            prop_assert_eq!(parts.join("\n"), text);
        }
    }
}
