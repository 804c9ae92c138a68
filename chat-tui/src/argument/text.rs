//! Texts as typed: topics, descriptions, statuses, messages. Pure: must not know their limits, which the types check.

#![deny(clippy::disallowed_methods)]

use std::str::FromStr;

use chat_proto::text::TextError;

/// Reads a text; `name` is its name in the error.
///
/// # Errors
/// A clause such as `the topic is empty`.
pub fn text<T: FromStr<Err = TextError>>(name: &str, typed: &str) -> Result<T, String> {
    typed.parse().map_err(|error| format!("the {name} {error}"))
}

#[cfg(test)]
mod tests {
    use chat_proto::text::TopicText;

    use super::*;

    #[test]
    fn an_error_names_the_text() {
        assert_eq!(text::<TopicText>("topic", ""), Err("the topic is empty".into()));
        assert!(text::<TopicText>("topic", "all is settled").is_ok());
    }
}
