//! Whole numbers as typed, such as `-n 50`. Pure: must not know what is counted.

#![deny(clippy::disallowed_methods)]

use std::ops::RangeInclusive;

/// Returns a reader of whole numbers within `range`. Its error is a clause for the user.
pub fn whole_number(range: RangeInclusive<u32>) -> impl Fn(&str) -> Result<u32, String> + Clone + Send + Sync {
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| match *range.end() {
            u32::MAX => format!("expected a whole number from {}", range.start()),
            end => format!("expected a whole number from {} to {end}", range.start()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_outside_the_range_and_a_word_get_the_same_advice() {
        let lines = whole_number(0..=100);
        assert_eq!(lines("7"), Ok(7));
        for wrong in ["-1", "101", "abc", "", "1.5", "99999999999"] {
            assert_eq!(lines(wrong), Err("expected a whole number from 0 to 100".into()), "{wrong}");
        }
        assert_eq!(whole_number(1..=u32::MAX)("0"), Err("expected a whole number from 1".into()));
    }
}
