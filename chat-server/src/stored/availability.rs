//! A chosen availability as one stored word. Pure; must not know accounts.

#![deny(clippy::disallowed_methods)]

use chat_proto::presence::ChosenAvailability;

use super::StoredError;

/// The word of an availability.
pub(crate) fn to_word(chosen: ChosenAvailability) -> &'static str {
    match chosen {
        ChosenAvailability::Auto => "auto",
        ChosenAvailability::Away => "away",
        ChosenAvailability::Dnd => "dnd",
    }
}

/// The availability of a word. Form 1 put the word in quotes, as JSON does.
///
/// # Errors
/// [`StoredError::Word`] if it is no such word: a newer server wrote it, or it is damaged.
pub(crate) fn from_word(word: &str) -> Result<ChosenAvailability, StoredError> {
    match word.strip_prefix('"').and_then(|word| word.strip_suffix('"')).unwrap_or(word) {
        "auto" => Ok(ChosenAvailability::Auto),
        "away" => Ok(ChosenAvailability::Away),
        "dnd" => Ok(ChosenAvailability::Dnd),
        _ => Err(StoredError::Word),
    }
}
