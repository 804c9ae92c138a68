//! Lets clap offer the words of a choice, with their help. Must not know which words there are.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::argument::{Choice, choose};

/// A parser for one of a few words.
pub(super) fn one_of<T: Copy + Send + Sync + 'static>(
    choices: &'static [Choice<T>],
) -> impl TypedValueParser<Value = T> {
    let words = choices.iter().map(|choice| PossibleValue::new(choice.word).help(choice.help));
    PossibleValuesParser::new(words).try_map(|word| choose(choices, &word))
}
