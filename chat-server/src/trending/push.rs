//! When a room is told of its trending words: at once, then at most every 5 s, and only where they changed. PURE.

#![deny(clippy::disallowed_methods)]

use chat_proto::time::UnixMillis;
use chat_proto::trending::TrendingWord;

/// Words a push shows.
pub const SHOWN: usize = 10;
/// Pause between two pushes, in milliseconds.
const PUSH_EVERY_MS: u64 = 5_000;

/// What a room was told last.
#[derive(Clone, Debug, Default)]
pub struct TrendingPush {
    pushed: Vec<String>,
    pushed_at: Option<UnixMillis>,
}

impl TrendingPush {
    /// When the room may be told of a change that happened at `now`.
    pub fn due_at(&self, now: UnixMillis) -> UnixMillis {
        match self.pushed_at {
            // A clock that went back must not hold the words back.
            Some(pushed_at) if pushed_at <= now => now.max(pushed_at.plus_ms(PUSH_EVERY_MS)),
            _ => now,
        }
    }

    /// Whether the room is to be told these words now; then they count as told. Scores alone are no news: they all fade.
    pub fn try_push(&mut self, top: &[TrendingWord], now: UnixMillis) -> bool {
        let is_same = top.iter().map(|topic| &topic.word).eq(&self.pushed);
        if is_same || self.due_at(now) > now {
            return false;
        }
        self.pushed = top.iter().map(|topic| topic.word.clone()).collect();
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
