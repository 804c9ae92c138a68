//! A token bucket, filled by the time it is given. Must not know what a token buys.

use chat_proto::time::UnixMillis;

/// Parts of one token, so that every rate fills without rounding: one token a second is one part a millisecond.
const PARTS: u64 = 1_000;

/// How a bucket fills and how much it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BucketRule {
    /// Tokens a second, on average.
    pub per_second: u32,
    /// Tokens at once; the bucket never holds more.
    pub burst: u32,
}

/// The result of taking tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Take {
    /// They were taken.
    Granted,
    /// Not enough; nothing was taken.
    Refused {
        /// When the same will succeed if nobody else takes, in milliseconds from now; `None` if the bucket is too small
        /// or does not fill.
        retry_after_ms: Option<u64>,
    },
}

/// One account's tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenBucket {
    /// Its contents, in [`PARTS`] of a token; at most the rule's burst.
    parts: u64,
    /// The time up to which it was filled. Never moves back, so a clock that does gives nothing twice.
    filled_at: UnixMillis,
}

impl TokenBucket {
    /// A full bucket.
    pub fn full(rule: BucketRule, now: UnixMillis) -> Self {
        Self { parts: u64::from(rule.burst) * PARTS, filled_at: now }
    }

    /// A bucket as it was kept elsewhere: its contents in thousandths of a token, and the time up to which it was filled. Of a
    /// clock that was ahead nothing is taken over.
    pub fn kept(parts: u64, filled_at: UnixMillis, now: UnixMillis) -> Self {
        Self { parts, filled_at: filled_at.min(now) }
    }

    /// Takes `cost` tokens, or none.
    pub fn take(&mut self, rule: BucketRule, cost: u32, now: UnixMillis) -> Take {
        self.fill(rule, now);
        let wanted = u64::from(cost) * PARTS;
        if wanted <= self.parts {
            self.parts -= wanted;
            return Take::Granted;
        }
        if cost > rule.burst || rule.per_second == 0 {
            return Take::Refused { retry_after_ms: None };
        }
        let fill_ms = (wanted - self.parts).div_ceil(u64::from(rule.per_second));
        // If the clock is behind the last fill, the time until then is added.
        Take::Refused { retry_after_ms: Some(fill_ms.saturating_add(self.filled_at.since_ms(now))) }
    }

    /// Gives tokens back; the bucket never holds more than its rule allows.
    pub fn give_back(&mut self, rule: BucketRule, cost: u32) {
        self.parts = (self.parts + u64::from(cost) * PARTS).min(u64::from(rule.burst) * PARTS);
    }

    /// Empties it: others have used it, too.
    pub fn empty(&mut self, rule: BucketRule, now: UnixMillis) {
        self.fill(rule, now);
        self.parts = 0;
    }

    /// Whether the bucket is full at `now`; a full one need not be kept.
    pub fn is_full(&self, rule: BucketRule, now: UnixMillis) -> bool {
        let mut later = *self;
        later.fill(rule, now);
        later.parts == u64::from(rule.burst) * PARTS
    }

    fn fill(&mut self, rule: BucketRule, now: UnixMillis) {
        let gained = now.since_ms(self.filled_at).saturating_mul(u64::from(rule.per_second));
        self.parts = self.parts.saturating_add(gained).min(u64::from(rule.burst) * PARTS);
        self.filled_at = self.filled_at.max(now);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RULE: BucketRule = BucketRule { per_second: 10, burst: 30 };

    #[test]
    fn a_burst_passes_and_the_next_waits_for_one_token() {
        let now = UnixMillis(1_000);
        let mut bucket = TokenBucket::full(RULE, now);
        for _ in 0..30 {
            assert_eq!(bucket.take(RULE, 1, now), Take::Granted);
        }
        assert_eq!(bucket.take(RULE, 1, now), Take::Refused { retry_after_ms: Some(100) });
        assert_eq!(bucket.take(RULE, 1, now.plus_ms(99)), Take::Refused { retry_after_ms: Some(1) });
        assert_eq!(bucket.take(RULE, 1, now.plus_ms(100)), Take::Granted);
    }

    #[test]
    fn more_than_the_bucket_holds_never_passes() {
        let mut bucket = TokenBucket::full(RULE, UnixMillis(0));
        assert_eq!(bucket.take(RULE, 31, UnixMillis(0)), Take::Refused { retry_after_ms: None });
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing() {
        let mut bucket = TokenBucket::full(RULE, UnixMillis(10_000));
        assert_eq!(bucket.take(RULE, 30, UnixMillis(10_000)), Take::Granted);
        let refused = bucket.take(RULE, 1, UnixMillis(4_000));
        assert_eq!(refused, Take::Refused { retry_after_ms: Some(6_100) });
        assert_eq!(bucket.take(RULE, 1, UnixMillis(10_100)), Take::Granted);
        assert_eq!(bucket.take(RULE, 1, UnixMillis(10_100)), Take::Refused { retry_after_ms: Some(100) });
    }

    proptest! {
        #[test]
        fn no_window_ever_passes_more_than_the_burst_and_what_filled(
            per_second in 1u32..500, burst in 1u32..100,
            steps in prop::collection::vec((0u64..400, 1u32..5), 1..200),
        ) {
            let rule = BucketRule { per_second, burst };
            let mut now = UnixMillis(0);
            let mut bucket = TokenBucket::full(rule, now);
            let mut granted: Vec<(UnixMillis, u64)> = Vec::new();
            for (pause_ms, cost) in steps {
                now = now.plus_ms(pause_ms);
                if bucket.take(rule, cost, now) == Take::Granted {
                    granted.push((now, u64::from(cost)));
                }
            }
            for first in 0..granted.len() {
                let mut sum = 0;
                for &(at, cost) in &granted[first..] {
                    sum += cost;
                    let filled = at.since_ms(granted[first].0) * u64::from(per_second);
                    prop_assert!(sum * 1_000 <= u64::from(burst) * 1_000 + filled);
                }
            }
        }

        #[test]
        fn retry_after_is_exact(per_second in 1u32..2_000, burst in 1u32..50, drained in 1u32..50, jump in 0u64..5_000) {
            let rule = BucketRule { per_second, burst };
            let start = UnixMillis(0);
            let mut bucket = TokenBucket::full(rule, start);
            for _ in 0..drained.min(burst) {
                bucket.take(rule, 1, start);
            }
            let now = start.plus_ms(jump);
            if let Take::Refused { retry_after_ms: Some(wait_ms) } = bucket.take(rule, burst, now) {
                let (mut early, mut exact) = (bucket, bucket);
                let is_refused = matches!(early.take(rule, burst, now.plus_ms(wait_ms - 1)), Take::Refused { .. });
                prop_assert!(is_refused);
                prop_assert_eq!(exact.take(rule, burst, now.plus_ms(wait_ms)), Take::Granted);
            }
        }
    }
}
