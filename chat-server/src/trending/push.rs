//! When a room's trending words are looked at: at once, then at most every 5 s; they are sent only if they changed. Pure;
//! must not know how words are counted.

#![deny(clippy::disallowed_methods)]

use chat_proto::time::UnixMillis;
use chat_proto::trending::TrendingWord;

/// Words per push.
pub const SHOWN: usize = 10;
/// Minimum time between two looks, in milliseconds. Most looks change nothing, and none may cost more for it.
const LOOK_EVERY_MS: u64 = 5_000;

/// The last push to a room, and the last look.
#[derive(Clone, Debug, Default)]
pub struct TrendingPush {
    pushed: Vec<String>,
    looked_at: Option<UnixMillis>,
}

impl TrendingPush {
    /// Returns when to look at a change made at `now`.
    pub fn due_at(&self, now: UnixMillis) -> UnixMillis {
        match self.looked_at {
            // A clock that was set back must not hold the words back.
            Some(looked_at) if looked_at <= now => now.max(looked_at.plus_ms(LOOK_EVERY_MS)),
            _ => now,
        }
    }

    /// Returns whether to send these words now, and if so records them as sent. Scores alone do not count as a change:
    /// they all fade.
    pub fn try_push(&mut self, top: &[TrendingWord], now: UnixMillis) -> bool {
        if self.due_at(now) > now {
            return false;
        }
        self.looked_at = Some(now);
        if top.iter().map(|trending| &trending.word).eq(&self.pushed) {
            return false;
        }
        self.pushed = top.iter().map(|trending| trending.word.clone()).collect();
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
        assert!(push.try_push(&top("clock"), UnixMillis(0)));
        assert!(!push.try_push(&top("clock build"), UnixMillis(4_999)));
        assert_eq!(push.due_at(UnixMillis(100)), UnixMillis(5_000));
        assert!(!push.try_push(&top("clock"), UnixMillis(5_000)));
        assert!(push.try_push(&top("build clock"), UnixMillis(10_000)), "the order is seen");
        assert!(push.try_push(&top(""), UnixMillis(15_000)), "that they are gone is news");
    }

    #[test]
    fn a_look_that_finds_nothing_new_is_not_repeated_for_five_seconds() {
        let mut push = TrendingPush::default();
        assert!(!push.try_push(&top(""), UnixMillis(0)), "nothing is no news");
        assert_eq!(push.due_at(UnixMillis(1)), UnixMillis(5_000), "words below the least weight come with every post");
        assert!(push.try_push(&top("clock"), UnixMillis(5_000)));
    }
}
