//! What a name must obey besides the grammar to be taken anew, so that it is not drawn like another one (Unicode TS #39,
//! § 5.4). Must not know which names exist: those that break it stay.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{canonical_combining_class, is_combining_mark};

/// Why a name may not be taken anew.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DrawnAlike {
    /// Stacked marks, which are drawn on top of each other.
    #[error("must not have more than two marks on a letter, nor the same one twice")]
    TooManyMarks,
    /// A mark on an `i` or a `j`: drawn alike with and without it.
    #[error("must not have a separate mark on an i or a j: it looks like the plain letter")]
    MarkOnDottedLetter,
    /// A letter that is drawn like a quote, an apostrophe or a colon.
    #[error("must not contain {:?} (U+{:04X}), which looks like punctuation", .character, *.character as u32)]
    LooksLikePunctuation {
        /// The first such letter.
        character: char,
    },
}

/// More marks on a letter are drawn on top of each other.
const MARKS_MAX: usize = 2;
/// The canonical class of nuktas: they make another letter, which may have its own marks.
const NUKTA: u8 = 7;

/// Checks a name that obeys the grammar, and so is in the form NFKC.
pub(super) fn check(name: &str) -> Result<(), DrawnAlike> {
    if let Some(character) = name.chars().find(|c| looks_like_punctuation(*c)) {
        return Err(DrawnAlike::LooksLikePunctuation { character });
    }
    let mut is_dotted = false;
    let mut marks: Vec<char> = Vec::new();
    for c in name.chars() {
        if is_combining_mark(c) {
            if is_dotted {
                return Err(DrawnAlike::MarkOnDottedLetter);
            }
            if marks.last() == Some(&c) || marks.len() == MARKS_MAX && canonical_combining_class(c) != NUKTA {
                return Err(DrawnAlike::TooManyMarks);
            }
            if canonical_combining_class(c) != NUKTA {
                marks.push(c);
            }
        } else {
            // `ế` is one character and a letter with two marks.
            let mut parts = std::iter::once(c).nfd();
            is_dotted = parts.next().is_some_and(has_dot);
            marks = parts.filter(|part| is_combining_mark(*part)).collect();
        }
    }
    Ok(())
}

/// Letters with a dot that a mark replaces or hides (`Soft_Dotted`), and the dotless ones that a dot makes look like them.
fn has_dot(letter: char) -> bool {
    matches!(letter, 'i' | 'j' | 'ı' | 'ȷ' | 'į' | 'ɉ' | 'ɨ' | 'ʝ' | 'ϳ' | 'і' | 'ј')
}

/// Modifier letters that are drawn like quotes, apostrophes, colons and accents, and the letters for clicks.
fn looks_like_punctuation(c: char) -> bool {
    matches!(c, '\u{1c0}'..='\u{1c3}' | '\u{2b0}'..='\u{2ff}' | '\u{374}' | '\u{37a}' | '\u{559}' | '\u{7f4}' | '\u{7f5}'
        | '\u{a67f}' | '\u{a700}'..='\u{a721}' | '\u{a770}' | '\u{a788}'..='\u{a78c}' | '\u{a78f}')
}

#[cfg(test)]
mod tests {
    use super::DrawnAlike;
    use crate::text::{RoomName, TextError, Username};

    fn checked(name: &str) -> Result<(), TextError> {
        name.parse::<RoomName>()?.check_new()?;
        name.parse::<Username>()?.check_new()
    }

    #[test]
    fn a_name_that_is_drawn_like_another_is_refused() {
        for name in ["vi\u{307}ctim", "VİCTİM", "j\u{301}o", "vı\u{307}ctim", "ві\u{301}ктор", "í\u{307}"] {
            assert_eq!(checked(name), Err(DrawnAlike::MarkOnDottedLetter.into()), "{name}");
        }
        let stacked = format!("victim{}", "\u{301}".repeat(12));
        for name in ["victim\u{301}\u{301}", "victim\u{300}\u{302}\u{308}", "ế\u{300}", &stacked] {
            assert_eq!(checked(name), Err(DrawnAlike::TooManyMarks.into()), "{name}");
        }
        for name in ["victim\u{2bc}", "\u{2bb}victim", "vic\u{2d0}tim", "victim\u{1c3}", "victim\u{a78c}"] {
            let refused = checked(name);
            assert!(
                matches!(
                    refused,
                    Err(TextError::DrawnAlike(DrawnAlike::LooksLikePunctuation { .. })
                        | TextError::ForbiddenCharacter { .. })
                ),
                "{name}: {refused:?}"
            );
        }
        assert_eq!(checked("victim\u{2bc}"), Err(DrawnAlike::LooksLikePunctuation { character: '\u{2bc}' }.into()));
    }

    #[test]
    fn names_of_many_languages_are_taken() {
        for name in [
            "maría",
            "jürgen",
            "nguyễn",
            "việt",
            "ế",
            "łukasz",
            "čapek",
            "åse",
            "győző",
            "ışık",
            "żółć",
            "андрій",
            "їжак",
            "ελένη",
            "ดี",
            "น้ำ",
            "घोड़ों",
            "हिंदी",
            "সোং",
            "സോം",
            "தமிழ்",
            "データ",
            "ガギグ",
            "佐々木",
            "한국어",
            "שרון",
            "یاسمین",
            "m\u{300}bo",
        ] {
            assert_eq!(checked(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn a_name_from_before_still_parses() {
        for name in ["vi\u{307}ctim", "victim\u{2bc}", "victim\u{301}\u{301}\u{301}"] {
            assert!(name.parse::<Username>().is_ok() && name.parse::<RoomName>().is_ok(), "{name}");
        }
    }
}
