//! Names of rooms and people: their grammar, and how similar names are recognised. Must not know who uses a name or
//! whether it is taken.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_security::{GeneralSecurityProfile, MixedScript};

use super::{TextError, check_length, checked_text, deserialize_checked, new_name};
use crate::limits;

/// A room's name: lower case letters and digits of one script, and `-`, `_`, `.` after the first character;
/// 1 – 32 characters, at most 64 bytes, NFKC. Upper case input is folded; a leading `#` is not part of it.
/// Not `r` and digits: typed as `R12`, that is an id and must not lead to another room. A new one must obey
/// [`RoomName::check_new`], too.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct RoomName(Box<str>);
checked_text!(RoomName);

/// An account's name; the same grammar as [`RoomName`], and the same rules for a new one. A leading `@` is not part of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Username(Box<str>);
checked_text!(Username);

impl FromStr for RoomName {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let name = parse_name(text)?;
        match name.strip_prefix('r') {
            Some(rest) if !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()) => Err(TextError::LooksLikeAnId),
            _ => Ok(Self(name)),
        }
    }
}

impl FromStr for Username {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        parse_name(text).map(Self)
    }
}

impl RoomName {
    /// Returns the skeleton that all names that look like this one share (Unicode TS #39).
    pub fn skeleton(&self) -> String {
        unicode_security::skeleton(&self.0).collect()
    }

    /// Checks that the name may be taken anew. Names from before may break this; they stay, and parse.
    ///
    /// # Errors
    /// [`TextError::DrawnAlike`].
    pub fn check_new(&self) -> Result<(), TextError> {
        Ok(new_name::check(&self.0)?)
    }
}

impl Username {
    /// Returns the skeleton that all names that look like this one share (Unicode TS #39).
    pub fn skeleton(&self) -> String {
        unicode_security::skeleton(&self.0).collect()
    }

    /// Checks that the name may be taken anew. Names from before may break this; they stay, and parse.
    ///
    /// # Errors
    /// [`TextError::DrawnAlike`].
    pub fn check_new(&self) -> Result<(), TextError> {
        Ok(new_name::check(&self.0)?)
    }
}

fn parse_name(text: &str) -> Result<Box<str>, TextError> {
    // A name much longer than allowed is refused before it is folded.
    if text.len() > limits::NAME_MAX_BYTES * 4 {
        return Err(TextError::TooManyBytes { limit: limits::NAME_MAX_BYTES, actual: text.len() });
    }
    let name: String = text.nfkc().flat_map(char::to_lowercase).nfkc().collect();
    let first = name.chars().next().ok_or(TextError::Empty)?;
    let is_wordlike = |c: char| c.is_alphanumeric() && c.identifier_allowed();
    if let Some(character) =
        name.chars().find(|&c| !(is_wordlike(c) || is_combining_mark(c) || matches!(c, '-' | '_' | '.')))
    {
        return Err(TextError::ForbiddenCharacter { character });
    }
    if !first.is_alphanumeric() {
        return Err(TextError::BadStart);
    }
    check_length(&name, limits::NAME_MAX_CHARS, limits::NAME_MAX_BYTES)?;
    if !name.as_str().is_single_script() {
        return Err(TextError::MixedScripts);
    }
    Ok(name.into())
}

/// Marks inside words of Indic and other scripts, if the Unicode profile allows them.
fn is_combining_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c) && c.identifier_allowed()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_is_folded_to_one_spelling() {
        for (given, kept) in [("General", "general"), ("Ｂüro", "büro"), ("k8s-ops_2.x", "k8s-ops_2.x"), ("дом", "дом")]
        {
            assert_eq!(given.parse::<RoomName>().map(|n| n.to_string()), Ok(kept.to_owned()));
        }
    }

    #[test]
    fn a_look_alike_name_is_refused_or_shares_a_skeleton() {
        assert_eq!("chаn".parse::<Username>(), Err(TextError::MixedScripts), "a Cyrillic letter among Latin ones");
        let (latin, cyrillic): (Username, Username) =
            ("cope".parse().expect("latin"), "соре".parse().expect("cyrillic"));
        assert_eq!(latin.skeleton(), cyrillic.skeleton());
    }

    #[test]
    fn a_name_refuses_what_is_no_name() {
        for wrong in ["", "#general", "-x", ".x", "a b", "a/b", "a\u{200b}b", "a\u{202e}b", "a\n", "🙂"] {
            assert!(wrong.parse::<RoomName>().is_err(), "{wrong:?}");
        }
        assert!("a".repeat(32).parse::<RoomName>().is_ok());
        assert!("a".repeat(33).parse::<RoomName>().is_err());
    }

    #[test]
    fn a_room_is_not_called_like_an_id() {
        for wrong in ["r5", "R5", "r007", "Ｒ１２"] {
            assert_eq!(wrong.parse::<RoomName>(), Err(TextError::LooksLikeAnId), "{wrong:?}");
        }
        for right in ["r", "r5x", "r-5", "rr5"] {
            assert!(right.parse::<RoomName>().is_ok(), "{right:?}");
        }
        assert!("r5".parse::<Username>().is_ok(), "people are never named by id");
    }

    proptest! {
        #[test]
        fn a_checked_name_checks_again_unchanged(text in "\\PC{0,40}") {
            if let Ok(name) = text.parse::<RoomName>() {
                prop_assert_eq!(name.as_str().parse::<RoomName>(), Ok(name.clone()));
            }
        }
    }
}
