//! Lengths of time as typed and as written: `30s`, `1h30m`, `2d`; a bare number counts seconds. Pure: must not know the purpose of a duration.

#![deny(clippy::disallowed_methods)]

/// Reads a length of time, in milliseconds.
///
/// # Errors
/// A clause for the user if it is no length of time, or negative.
pub fn duration_ms(text: &str) -> Result<u64, String> {
    if text.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
        return Err("a duration cannot be negative".to_owned());
    }
    let text = if is_number(text) { &format!("{text}s") } else { text };
    // A day is 24 hours here. jiff's duration knows no days, so they are read apart.
    let (days, rest) = match text.split_once('d') {
        Some((days, rest)) if days.bytes().all(|b| b.is_ascii_digit()) && !days.is_empty() => {
            (days.parse::<u64>().map_err(|_| no_duration())?, rest)
        }
        _ => (0, text),
    };
    let rest_ms = if rest.is_empty() && days > 0 {
        0
    } else {
        let duration: jiff::SignedDuration = rest.parse().map_err(|_| no_duration())?;
        u64::try_from(duration.as_millis()).map_err(|_| no_duration())?
    };
    days.checked_mul(86_400_000).and_then(|ms| ms.checked_add(rest_ms)).ok_or_else(no_duration)
}

/// Writes a length of time in its largest whole units: `30s`, `1h30m`.
pub fn duration_text(ms: u64) -> String {
    let seconds = ms / 1_000;
    let parts = [(seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    let text: String = parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n}{unit}")).collect();
    if text.is_empty() { format!("{ms}ms") } else { text }
}

/// Whether the text is a number without a unit, as `sleep` and `timeout` take it.
fn is_number(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    are_digits(whole) && are_digits(fraction)
}

fn no_duration() -> String {
    "a length of time looks like 30s, 5m, 1h30m or 2d; a bare number counts seconds".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_written_in_whole_units() {
        for (ms, text) in [(30_000, "30s"), (5_400_000, "1h30m"), (129_600_999, "1d12h"), (500, "500ms"), (0, "0ms")] {
            assert_eq!(duration_text(ms), text);
        }
    }

    #[test]
    fn a_length_of_time_is_read_with_days() {
        for (text, ms) in [
            ("30s", 30_000),
            ("90s", 90_000),
            ("2h", 7_200_000),
            ("1h30m", 5_400_000),
            ("7d", 604_800_000),
            ("1d12h", 129_600_000),
            ("5", 5_000),
            ("0.5", 500),
        ] {
            assert_eq!(duration_ms(text), Ok(ms), "{text}");
        }
        for wrong in ["", "s", "5.", ".5", "5w", "-5s", "-5", "abc", "99999999999999999999d", "d", "é"] {
            assert!(duration_ms(wrong).is_err(), "{wrong}");
        }
        assert!(duration_ms("-5").is_err_and(|error| error.contains("negative")));
    }
}
