//! One word out of a few. Pure: must not know what the words stand for.

#![deny(clippy::disallowed_methods)]

/// A word and its meaning.
#[derive(Clone, Copy, Debug)]
pub struct Choice<T> {
    /// The word as typed.
    pub word: &'static str,
    /// Its meaning.
    pub value: T,
    /// One line of help.
    pub help: &'static str,
}

/// Finds the meaning of a word.
///
/// # Errors
/// A clause that names all words.
pub fn choose<T: Copy>(choices: &[Choice<T>], text: &str) -> Result<T, String> {
    choices.iter().find(|choice| choice.word == text).map(|choice| choice.value).ok_or_else(|| {
        let words: Vec<_> = choices.iter().map(|choice| choice.word).collect();
        match words.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("say {} or {last}", rest.join(", ")),
            _ => format!("say {}", words.concat()),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_not_offered_is_answered_with_those_that_are() {
        let choice = |word, value| Choice { word, value, help: "" };
        let choices = [choice("yes", 1), choice("no", 2), choice("maybe", 3)];
        assert_eq!(choose(&choices, "no"), Ok(2));
        assert_eq!(choose(&choices, "No"), Err("say yes, no or maybe".into()));
    }
}
