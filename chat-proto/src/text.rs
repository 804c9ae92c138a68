//! Checked text: names, message bodies, topics. Only this module builds these types, so their values obey the limits
//! everywhere. Must not know who uses a name or whether it is taken.

mod name;
mod new_name;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use self::name::{RoomName, Username};
pub use self::new_name::DrawnAlike;
use crate::limits::{self, Limits};

/// Why a text was refused. Never repeats the text itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// Nothing, or nothing visible.
    #[error("is empty")]
    Empty,
    /// More characters than allowed.
    #[error("has {actual} characters; at most {limit} are allowed")]
    TooManyCharacters {
        /// The most that is allowed.
        limit: usize,
        /// The length of the given text.
        actual: usize,
    },
    /// More bytes than allowed.
    #[error("has {actual} bytes of UTF-8; at most {limit} are allowed")]
    TooManyBytes {
        /// The most that is allowed.
        limit: usize,
        /// The length of the given text.
        actual: usize,
    },
    /// A character that is not allowed.
    #[error("must not contain {:?} (U+{:04X})", .character, *.character as u32)]
    ForbiddenCharacter {
        /// The first such character.
        character: char,
    },
    /// A name that does not begin with a letter or digit.
    #[error("must begin with a letter or a digit")]
    BadStart,
    /// Letters of several scripts in one name: look-alike names are made so.
    #[error("mixes letters of several scripts")]
    MixedScripts,
    /// A new name that is drawn like another one.
    #[error(transparent)]
    DrawnAlike(#[from] DrawnAlike),
    /// A room name that looks like a room id: `r12`.
    #[error("looks like the id of a room (an R and digits); choose another one")]
    LooksLikeAnId,
    /// Not an id.
    #[error("is not an id")]
    NotAnId,
}

/// Reads a string and checks it with `FromStr`.
pub(crate) fn deserialize_checked<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err = TextError>,
{
    struct Checked<T>(std::marker::PhantomData<T>);
    impl<T: FromStr<Err = TextError>> de::Visitor<'_> for Checked<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(|error: TextError| match error {
                TextError::TooManyCharacters { limit, actual } => {
                    E::invalid_length(actual, &AtMost(limit, "characters"))
                }
                TextError::TooManyBytes { limit, actual } => {
                    E::invalid_length(actual, &AtMost(limit, "bytes of UTF-8"))
                }
                TextError::Empty
                | TextError::ForbiddenCharacter { .. }
                | TextError::BadStart
                | TextError::MixedScripts
                | TextError::LooksLikeAnId
                | TextError::DrawnAlike(_)
                | TextError::NotAnId => E::custom(error),
            })
        }
    }
    deserializer.deserialize_str(Checked(std::marker::PhantomData))
}

/// The lengths a text may have, with their unit.
struct AtMost(usize, &'static str);

impl de::Expected for AtMost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at most {} {}", self.0, self.1)
    }
}

/// The traits of every checked text: its view as `&str`, and how it is printed and read.
macro_rules! checked_text {
    ($name:ident) => {
        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserialize_checked(deserializer)
            }
        }
    };
}
use checked_text;

/// The text of a message: 1 – 8,000 characters, at most 16 KiB, not only white space, no control
/// characters but newline and tab. `\r\n` and `\r` are folded to `\n` before the check. A clone shares the text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct MessageBody(#[serde(serialize_with = "serialize_shared")] Arc<str>);
checked_text!(MessageBody);

pub(crate) fn serialize_shared<S: Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

impl MessageBody {
    /// Checks the length against the limits of a server, which may be narrower than the protocol's.
    ///
    /// # Errors
    /// The limit that is exceeded, and by how much.
    pub fn check_within(&self, limits: &Limits) -> Result<(), TextError> {
        check_length(&self.0, limits.body_max_chars as usize, limits.body_max_bytes as usize)
    }

    /// Whether a text is short enough for one message on a server.
    pub fn has_room(text: &str, limits: &Limits) -> bool {
        check_length(text, limits.body_max_chars as usize, limits.body_max_bytes as usize).is_ok()
    }
}

impl FromStr for MessageBody {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let text = fold_line_ends(text);
        check_lines(&text, limits::BODY_MAX_CHARS, limits::BODY_MAX_BYTES)?;
        Ok(Self(text.into()))
    }
}

/// Declares a one-line text type with a limit in characters.
macro_rules! line_text {
    ($(#[$doc:meta])* $name:ident, $max_chars:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(Box<str>);
        checked_text!($name);

        impl FromStr for $name {
            type Err = TextError;

            fn from_str(text: &str) -> Result<Self, TextError> {
                parse_line(text, $max_chars).map(Self)
            }
        }
    };
}

line_text! {
    /// A room's topic: one line, 1 – 250 characters, no control characters, trimmed.
    TopicText, limits::TOPIC_MAX_CHARS
}
line_text! {
    /// A free status text: one line, 1 – 100 characters, no control characters, trimmed.
    StatusText, limits::STATUS_MAX_CHARS
}
line_text! {
    /// The language of a code block as a highlighter knows it: one line, 1 – 32 characters.
    CodeLanguage, limits::CODE_LANGUAGE_MAX_CHARS
}

/// A room's description, in a few lines: 1 – 2,000 characters, no control characters but newline and tab.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Description(Box<str>);
checked_text!(Description);

impl FromStr for Description {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let text = fold_line_ends(text);
        let text = text.trim();
        check_lines(text, limits::DESCRIPTION_MAX_CHARS, limits::DESCRIPTION_MAX_CHARS * 4)?;
        Ok(Self(text.into()))
    }
}

fn parse_line(text: &str, max_chars: usize) -> Result<Box<str>, TextError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(TextError::Empty);
    }
    check_length(text, max_chars, max_chars * 4)?;
    // U+2028 and U+2029 break lines in many readers although they are not control characters.
    match text.chars().find(|&c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        Some(character) => Err(TextError::ForbiddenCharacter { character }),
        None => Ok(text.into()),
    }
}

/// Checks a text of several lines.
fn check_lines(text: &str, max_chars: usize, max_bytes: usize) -> Result<(), TextError> {
    if text.trim().is_empty() {
        return Err(TextError::Empty);
    }
    check_length(text, max_chars, max_bytes)?;
    match text.chars().find(|&c| c.is_control() && c != '\n' && c != '\t') {
        Some(character) => Err(TextError::ForbiddenCharacter { character }),
        None => Ok(()),
    }
}

fn fold_line_ends(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n").into() } else { text.into() }
}

fn check_length(text: &str, max_chars: usize, max_bytes: usize) -> Result<(), TextError> {
    // Characters first: people count them; a text of few characters may still be many bytes.
    let chars = if text.len() <= max_chars { 0 } else { text.chars().count() };
    if chars > max_chars {
        return Err(TextError::TooManyCharacters { limit: max_chars, actual: chars });
    }
    if text.len() > max_bytes {
        return Err(TextError::TooManyBytes { limit: max_bytes, actual: text.len() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_limited_in_characters_and_in_bytes() {
        assert!("x".repeat(limits::BODY_MAX_CHARS).parse::<MessageBody>().is_ok());
        assert_eq!(
            "x".repeat(limits::BODY_MAX_CHARS + 1).parse::<MessageBody>(),
            Err(TextError::TooManyCharacters { limit: limits::BODY_MAX_CHARS, actual: limits::BODY_MAX_CHARS + 1 })
        );
        let wide = "🙂".repeat(limits::BODY_MAX_BYTES / 4);
        assert!(wide.parse::<MessageBody>().is_ok());
        assert!(matches!(format!("{wide}x").parse::<MessageBody>(), Err(TextError::TooManyBytes { .. })));
    }

    #[test]
    fn a_body_keeps_newlines_and_tabs_and_refuses_other_controls() {
        assert_eq!("a\r\n\tb\rc".parse::<MessageBody>().map(|b| b.to_string()), Ok("a\n\tb\nc".to_owned()));
        for wrong in ["", " \n\t ", "a\u{0}", "a\u{1b}[31m", "a\u{85}"] {
            assert!(wrong.parse::<MessageBody>().is_err(), "{wrong:?}");
        }
    }
}
