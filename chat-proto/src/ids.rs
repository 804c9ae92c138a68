//! Identifiers and numbers as the wire writes them. Must not know the things they name.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::limits::KEY_MAX_CHARS;
use crate::text::{TextError, serialize_shared};

/// Declares an id that is a letter and a decimal number: `R12`, `U5`.
macro_rules! lettered_id {
    ($(#[$doc:meta])* $name:ident, $letter:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(
            /// The number after the letter: below 2^63.
            pub u64,
        );

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($letter, "{}"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = TextError;

            fn from_str(text: &str) -> Result<Self, TextError> {
                let digits = text.strip_prefix($letter).ok_or(TextError::NotAnId)?;
                let is_canonical = (digits == "0" || !digits.starts_with('0')) && digits.bytes().all(|b| b.is_ascii_digit());
                match digits.parse::<u64>() {
                    Ok(number) if is_canonical && i64::try_from(number).is_ok() => Ok(Self(number)),
                    _ => Err(TextError::NotAnId),
                }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::text::deserialize_checked(deserializer)
            }
        }
    };
}

lettered_id! {
    /// A room's id, for ever: a room may get another name, never another id. Written `R12`; the capital tells it from
    /// room names, which are lower case.
    RoomId, "R"
}
lettered_id! {
    /// An account's id. Written `U5`; `U0` is the server itself, which created the first room.
    UserId, "U"
}
lettered_id! {
    /// A sign-in of an account, which can be revoked. Written `S9`.
    SessionId, "S"
}
lettered_id! {
    /// A live connection; typing belongs to one. Written `C31`; meaningless once the connection has ended.
    ConnectionId, "C"
}

/// The first number that not every JSON reader holds exactly.
const EXACT_BELOW: u64 = 1 << 53;

/// Reads a number that every JSON reader holds exactly.
fn deserialize_exact<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = u64::deserialize(deserializer)?;
    if number < EXACT_BELOW { Ok(number) } else { Err(de::Error::custom("is not below 2^53")) }
}

/// A number in a room's one order of changes. The first is 1; 0 comes before all. Gaps are normal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(
    /// The number, below 2^53 so that every JSON reader holds it exactly.
    #[serde(deserialize_with = "deserialize_exact")]
    pub u64,
);

impl Seq {
    /// Before the first change.
    pub const ZERO: Self = Self(0);

    /// The number after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// Whether it is before the first change.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
    pub(crate) fn is_zero(&self) -> bool {
        *self == Self::ZERO
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A number in one account's stream. Like [`Seq`], but never comparable with a room's numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountSeq(
    /// The number, below 2^53; 0 comes before all.
    #[serde(deserialize_with = "deserialize_exact")]
    pub u64,
);

/// The client chooses it, and its request's answer repeats it. Unique among the requests in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(
    /// Any number below 2^53.
    pub u64,
);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The key a client gives a post: one key never makes two messages of one sender.
///
/// 1 – 64 characters of `A–Z a–z 0–9 . _ : -`. A clone shares them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct ClientKey(#[serde(serialize_with = "serialize_shared")] Arc<str>);

impl ClientKey {
    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ClientKey {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        if text.is_empty() {
            return Err(TextError::Empty);
        }
        if text.len() > KEY_MAX_CHARS {
            return Err(TextError::TooManyCharacters { limit: KEY_MAX_CHARS, actual: text.chars().count() });
        }
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '-');
        match text.chars().find(|c| !is_plain(*c)) {
            Some(character) => Err(TextError::ForbiddenCharacter { character }),
            None => Ok(Self(text.into())),
        }
    }
}

impl fmt::Display for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for ClientKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::deserialize_checked(deserializer)
    }
}

/// The name of one data folder's contents, from the moment the folder was made. A client that sees another epoch drops its
/// cache and its cursors. A copy of the folder has the same epoch: a [`Run`] tells copies apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(
    /// Opaque, at most 32 characters.
    pub Box<str>,
);

/// One run of a server on its data, from its start to its end: a random number, written as 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Run(
    /// The number, below 2^63.
    pub u64,
);

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for Run {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let is_canonical = text.len() == 16 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        match u64::from_str_radix(text, 16) {
            Ok(number) if is_canonical && i64::try_from(number).is_ok() => Ok(Self(number)),
            _ => Err(TextError::NotAnId),
        }
    }
}

impl Serialize for Run {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Run {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::deserialize_checked(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_one_spelling() {
        assert_eq!("00000000000000ff".parse::<Run>(), Ok(Run(255)));
        assert_eq!(Run(255).to_string(), "00000000000000ff");
        for wrong in ["", "ff", "00000000000000FF", "+0000000000000ff", "8000000000000000", "00000000000000ff0"] {
            assert_eq!(wrong.parse::<Run>(), Err(TextError::NotAnId), "{wrong:?}");
        }
    }

    #[test]
    fn a_room_id_has_one_spelling() {
        assert_eq!("R12".parse::<RoomId>(), Ok(RoomId(12)));
        for wrong in ["", "R", "R00", "R012", "R+1", "r12", "U12", "12", "R12 ", "R9223372036854775808"] {
            assert_eq!(wrong.parse::<RoomId>(), Err(TextError::NotAnId), "{wrong:?}");
        }
    }

    #[test]
    fn a_key_takes_only_plain_characters() {
        assert!("deploy-2026.11:21_a".parse::<ClientKey>().is_ok());
        assert_eq!("".parse::<ClientKey>(), Err(TextError::Empty));
        assert_eq!("a b".parse::<ClientKey>(), Err(TextError::ForbiddenCharacter { character: ' ' }));
        assert!("k".repeat(KEY_MAX_CHARS).parse::<ClientKey>().is_ok());
        assert!("k".repeat(KEY_MAX_CHARS + 1).parse::<ClientKey>().is_err());
    }
}
