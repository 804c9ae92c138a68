//! How long an answer has been outstanding, as the screen says it. Must not know which answer it is.

#![deny(clippy::disallowed_methods)]

use chat_proto::time::UnixMillis;

/// An answer that takes longer is worth saying so.
const PATIENCE_MS: u64 = 2_000;

/// The whole seconds since then; `None` as long as the answer is no cause for concern.
pub fn seconds(since: UnixMillis, now: UnixMillis) -> Option<u64> {
    let ms = now.since_ms(since);
    (ms > PATIENCE_MS).then_some(ms / 1_000)
}

/// When the seconds change next.
pub fn next_change(since: UnixMillis, now: UnixMillis) -> UnixMillis {
    match seconds(since, now) {
        None => since.plus_ms(PATIENCE_MS + 1),
        Some(seconds) => since.plus_ms((seconds + 1) * 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_missed_after_two_seconds_and_then_counted_by_the_second() {
        let since = UnixMillis(10_000);
        let at = |ms| since.plus_ms(ms);
        assert_eq!([seconds(since, at(2_000)), seconds(since, at(2_001))], [None, Some(2)]);
        assert_eq!(seconds(since, at(59_999)), Some(59));
        assert_eq!([next_change(since, at(5)), next_change(since, at(2_001))], [at(2_001), at(3_000)]);
        assert_eq!(seconds(since, UnixMillis(0)), None, "the clock was set back");
    }
}
