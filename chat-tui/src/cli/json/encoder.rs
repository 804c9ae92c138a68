//! Compact JSON that is safe to print on a terminal. Must not know the types of lines.

use std::io;

use serde::Serialize;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter};

/// Returns the value as compact JSON with control, bidi and tag characters as `\u` escapes.
pub(super) fn escaped<T: Serialize>(value: &T) -> String {
    let mut bytes = Vec::with_capacity(256);
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, EscapingFormatter);
    value.serialize(&mut serializer).expect("invariant: lines have string keys and memory takes every byte");
    String::from_utf8(bytes).expect("invariant: JSON is UTF-8")
}

/// Compact JSON that leaves no character in a string raw that could steer a terminal or reorder its text.
struct EscapingFormatter;

impl Formatter for EscapingFormatter {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| must_escape(*c)) {
            writer.write_all(&rest.as_bytes()[..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &rest[at + c.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: ?Sized + io::Write>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        CompactFormatter.write_char_escape(writer, escape)
    }
}

/// Control characters, bidi controls, line separators and tag characters.
fn must_escape(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
        || matches!(c, '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_control_characters_are_escaped_and_read_back_the_same() {
        let body = "a\u{202e}b\u{e0041}c\n\t\u{2028}d";
        let line = escaped(&body);
        assert_eq!(line, r#""a\u202eb\udb40\udc41c\n\t\u2028d""#);
        assert_eq!(serde_json::from_str::<String>(&line).ok().as_deref(), Some(body));
    }
}
