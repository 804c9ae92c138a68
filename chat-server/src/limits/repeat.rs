//! The rule against posting the same text again and again. Must not keep any text: it keeps keyed hashes.

use std::collections::VecDeque;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use chat_proto::time::UnixMillis;

/// How often the same text passes within the window.
const ALLOWED: usize = 2;
/// The window: how long a text counts, in milliseconds.
const WINDOW_MS: u64 = 10_000;
/// Most posts that are kept; the oldest go first. A bucket lets through far fewer within the window.
const REMEMBERED_MAX: usize = 256;

/// The rule's verdict on a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RepeatVerdict {
    /// It may be posted, and counts from now on.
    Passes {
        /// The hash by which it can be forgotten.
        hash: u64,
    },
    /// It was posted too often lately. It does not count again, so waiting helps.
    Repeated {
        /// When it will pass, in milliseconds from now.
        retry_after_ms: u64,
    },
}

/// The recent posts of one account.
#[derive(Clone, Debug, Default)]
pub struct RepeatRule {
    /// Hashes with their times, oldest first. Each account has a random key, so that a hash reveals nothing of the text.
    posts: VecDeque<(UnixMillis, u64)>,
    hasher: RandomState,
}

impl RepeatRule {
    /// Judges a text that is about to be posted, ignoring letter case and white space at its ends.
    pub fn judge(&mut self, text: &str, now: UnixMillis) -> RepeatVerdict {
        // After the clock went back, entries of the "future" would stay too long: they count as of now.
        for entry in self.posts.iter_mut().rev().take_while(|entry| entry.0 > now) {
            entry.0 = now;
        }
        while self.posts.front().is_some_and(|(at, _)| now.since_ms(*at) >= WINDOW_MS) {
            self.posts.pop_front();
        }
        let hash = self.hasher.hash_one(text.trim().to_lowercase());
        let mut same = self.posts.iter().filter(|(_, other)| *other == hash);
        // One more passes once the ALLOWED-th newest of the same text has left the window.
        if let Some((at, _)) = same.nth_back(ALLOWED - 1) {
            return RepeatVerdict::Repeated { retry_after_ms: WINDOW_MS - now.since_ms(*at) };
        }
        if self.posts.len() == REMEMBERED_MAX {
            self.posts.pop_front();
        }
        self.posts.push_back((now, hash));
        RepeatVerdict::Passes { hash }
    }

    /// Forgets a text that was judged and then not posted.
    pub fn forget(&mut self, hash: u64) {
        if let Some(at) = self.posts.iter().rposition(|(_, other)| *other == hash) {
            self.posts.remove(at);
        }
    }

    /// Whether nothing is remembered that still counts at `now`; then the rule itself may be forgotten.
    pub fn is_idle(&self, now: UnixMillis) -> bool {
        self.posts.back().is_none_or(|(at, _)| now.since_ms(*at) >= WINDOW_MS)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn passes(verdict: RepeatVerdict) -> bool {
        matches!(verdict, RepeatVerdict::Passes { .. })
    }

    #[test]
    fn the_third_time_in_ten_seconds_waits_until_the_first_is_ten_seconds_old() {
        let mut rule = RepeatRule::default();
        let start = UnixMillis(50_000);
        let RepeatVerdict::Passes { hash } = rule.judge("ship it", start) else { panic!("the first") };
        rule.forget(hash);
        assert!(passes(rule.judge("ship it", start)));
        assert!(passes(rule.judge("Ship it ", start.plus_ms(4_000))));
        let verdict = rule.judge("ship it", start.plus_ms(6_000));
        assert_eq!(verdict, RepeatVerdict::Repeated { retry_after_ms: 4_000 });
        assert!(passes(rule.judge("something else", start.plus_ms(6_000))));
        assert!(passes(rule.judge("ship it", start.plus_ms(10_000))));
    }

    #[test]
    fn an_idle_rule_remembers_nothing_that_counts() {
        let mut rule = RepeatRule::default();
        assert!(rule.is_idle(UnixMillis(0)));
        rule.judge("x", UnixMillis(0));
        assert!(!rule.is_idle(UnixMillis(9_999)));
        assert!(rule.is_idle(UnixMillis(10_000)));
    }

    proptest! {
        #[test]
        fn waiting_as_long_as_asked_always_passes_and_a_moment_less_never_does(
            posts in prop::collection::vec((0u64..4_000, 0u8..3), 1..100),
        ) {
            let mut rule = RepeatRule::default();
            let mut now = UnixMillis(0);
            for (pause_ms, text) in posts {
                now = now.plus_ms(pause_ms);
                let text = text.to_string();
                if let RepeatVerdict::Repeated { retry_after_ms } = rule.judge(&text, now) {
                    prop_assert!((1..=WINDOW_MS).contains(&retry_after_ms));
                    let mut early = rule.clone();
                    let is_refused = !passes(early.judge(&text, now.plus_ms(retry_after_ms - 1)));
                    prop_assert!(is_refused);
                    let mut exact = rule.clone();
                    prop_assert!(passes(exact.judge(&text, now.plus_ms(retry_after_ms))));
                }
            }
        }
    }
}
