//! Turns a clause into a sentence. Pure: must not know where it is shown.

#![deny(clippy::disallowed_methods)]

/// Returns the clause with a capital and one full stop; an empty one stays empty.
pub fn sentence(clause: &str) -> String {
    let mut chars = clause.trim_end_matches('.').chars();
    chars.next().map(|first| format!("{}{}.", first.to_uppercase(), chars.as_str())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_has_a_capital_and_one_full_stop() {
        for (clause, expected) in [("the topic is empty", "The topic is empty."), ("It is.", "It is."), ("", "")] {
            assert_eq!(sentence(clause), expected);
        }
    }
}
