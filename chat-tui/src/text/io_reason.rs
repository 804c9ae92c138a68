//! The reason of a system error, for people: without its number, in the middle of a sentence. Pure; must not know what
//! failed.

#![deny(clippy::disallowed_methods)]

use std::io::{Error, ErrorKind};

/// Returns the reason in a few words: `connection refused`, `permission denied`.
pub fn io_reason(error: &Error) -> String {
    if error.kind() == ErrorKind::TimedOut {
        return "no answer in time".to_owned();
    }
    let text = error.to_string();
    let text =
        text.rsplit_once(" (os error ").filter(|(_, rest)| rest.ends_with(')')).map_or(text.as_str(), |(text, _)| text);
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        // A name or an abbreviation keeps its capital.
        (Some(first), Some(second)) if second.is_lowercase() => {
            first.to_lowercase().chain(std::iter::once(second)).chain(chars).collect()
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_error_is_told_in_words() {
        let of = |number| io_reason(&Error::from_raw_os_error(number));
        assert_eq!(of(111), "connection refused");
        assert_eq!(of(13), "permission denied");
        assert_eq!(of(2), "no such file or directory");
        assert_eq!(io_reason(&Error::other("TLS: bad certificate")), "TLS: bad certificate");
    }
}
