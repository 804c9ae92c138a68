//! The lifetime of a message, as typed: a preset or a length of time. Pure: must not know messages.

#![deny(clippy::disallowed_methods)]

use chat_proto::limits::{TTL_HIGH_MS, TTL_LOW_MS, TTL_MAX_MS, TTL_MIN_MS, TTL_NORMAL_MS};

use super::choice::Choice;
use super::duration::duration_ms;

/// The presets.
pub const TTL_PRESETS: &[Choice<u64>] = &[
    Choice { word: "low", value: TTL_LOW_MS, help: "30 seconds" },
    Choice { word: "normal", value: TTL_NORMAL_MS, help: "1 hour" },
    Choice { word: "high", value: TTL_HIGH_MS, help: "24 hours" },
];

/// Reads the lifetime of a message, in milliseconds.
///
/// # Errors
/// A clause for the user if it is neither a preset nor a length of time, or outside the protocol's limits.
pub fn ttl_ms(text: &str) -> Result<u64, String> {
    if let Some(preset) = TTL_PRESETS.iter().find(|preset| preset.word == text) {
        return Ok(preset.value);
    }
    let ms = duration_ms(text)?;
    if (TTL_MIN_MS..=TTL_MAX_MS).contains(&ms) { Ok(ms) } else { Err("a message lives for 1 second to 7 days".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_keeps_to_the_limits() {
        assert_eq!(ttl_ms("1s"), Ok(1_000));
        assert_eq!(ttl_ms("7d"), Ok(604_800_000));
        for wrong in ["0s", "500ms", "8d"] {
            assert_eq!(ttl_ms(wrong), Err("a message lives for 1 second to 7 days".into()), "{wrong}");
        }
    }

    #[test]
    fn presets_are_lifetimes_and_no_lengths_of_time() {
        for (preset, ms) in [("low", 30_000), ("normal", 3_600_000), ("high", 86_400_000)] {
            assert_eq!(ttl_ms(preset), Ok(ms), "{preset}");
            assert!(duration_ms(preset).is_err(), "{preset}");
        }
    }
}
