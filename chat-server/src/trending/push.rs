//! When a room is sent its trending words: at once, then at most every 5 s, and only if they changed. Pure; must not
//! know how words are counted.

#![deny(clippy::disallowed_methods)]

use chat_proto::time::UnixMillis;
use chat_proto::trending::TrendingWord;

/// Words per push.
pub const SHOWN: usize = 10;
/// Minimum time between two pushes, in milliseconds.
const PUSH_EVERY_MS: u64 = 5_000;

/// The last push to a room.
#[derive(Clone, Debug, Default)]
pub struct TrendingPush {
    pushed: Vec<String>,
    pushed_at: Option<UnixMillis>,
}

impl TrendingPush {
    /// Returns when the room may be sent a change made at `now`.
    pub fn due_at(&self, now: UnixMillis) -> UnixMillis {
        match self.pushed_at {
            // A clock that was set back must not hold the words back.
            Some(pushed_at) if pushed_at <= now => now.max(pushed_at.plus_ms(PUSH_EVERY_MS)),
            _ => now,
        }
    }

    /// Returns whether to send these words now, and if so records them as sent. Scores alone do not count as a change:
    /// they all fade.
    pub fn try_push(&mut self, top: &[TrendingWord], now: UnixMillis) -> bool {
        let is_same = top.iter().map(|trending| &trending.word).eq(&self.pushed);
        if is_same || self.due_at(now) > now {
            return false;
        }
        self.pushed = top.iter().map(|trending| trending.word.clone()).collect();
        self.pushed_at = Some(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn top(words: &str) -> Vec<TrendingWord> {
        words.split_whitespace().map(|word| TrendingWord { word: word.to_owned(), score: 1.0 }).collect()
    }

    #[test]
    fn a_change_is_pushed_at_once_and_the_next_five_seconds_later() {
        let mut push = TrendingPush::default();
        assert_eq!(push.due_at(UnixMillis(0)), UnixMillis(0));
        assert!(!push.try_push(&top(""), UnixMillis(0)), "nothing is no news");
        assert!(push.try_push(&top("clock"), UnixMillis(0)));
        assert!(!push.try_push(&top("clock build"), UnixMillis(4_999)));
        assert_eq!(push.due_at(UnixMillis(100)), UnixMillis(5_000));
        assert!(!push.try_push(&top("clock"), UnixMillis(5_000)));
        assert!(push.try_push(&top("build clock"), UnixMillis(5_000)), "the order is seen");
        assert!(push.try_push(&top(""), UnixMillis(10_000)), "that they are gone is news");
    }
}
