//! The buckets of many keys under one rule. Must not know what the keys are, or what a token buys.

use std::collections::HashMap;
use std::hash::Hash;

use chat_proto::time::UnixMillis;

use super::{BucketRule, Take, TokenBucket};

/// Buckets kept in memory; beyond it, those that are full again are dropped.
const REMEMBERED: usize = 10_000;

/// A bucket for each `K` that took something lately; every other bucket is full.
#[derive(Debug)]
pub struct Buckets<K> {
    rule: BucketRule,
    held: HashMap<K, TokenBucket>,
}

impl<K: Eq + Hash> Buckets<K> {
    /// All buckets full.
    pub fn new(rule: BucketRule) -> Self {
        Self { rule, held: HashMap::new() }
    }

    /// Takes `cost` tokens from the bucket of `key`, or none.
    pub fn take(&mut self, key: K, cost: u32, now: UnixMillis) -> Take {
        let rule = self.rule;
        if self.held.len() >= REMEMBERED {
            self.held.retain(|_, bucket| !bucket.is_full(rule, now));
        }
        self.held.entry(key).or_insert_with(|| TokenBucket::full(rule, now)).take(rule, cost, now)
    }

    /// Gives `cost` tokens back to the bucket of `key`: what they were taken for did not happen.
    pub fn give_back(&mut self, key: &K, cost: u32) {
        if let Some(bucket) = self.held.get_mut(key) {
            bucket.give_back(self.rule, cost);
        }
    }

    /// Fills the bucket of `key`.
    pub fn refill(&mut self, key: &K) {
        self.held.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_too_many_those_are_forgotten_whose_bucket_is_full_again() {
        let mut buckets = Buckets::new(BucketRule { per_second: 1, burst: 1 });
        for key in 0..REMEMBERED - 1 {
            assert_eq!(buckets.take(key, 1, UnixMillis(0)), Take::Granted);
        }
        assert_eq!(buckets.take(REMEMBERED, 1, UnixMillis(900)), Take::Granted);
        assert_eq!(buckets.take(REMEMBERED + 1, 1, UnixMillis(1_000)), Take::Granted);
        assert_eq!(buckets.held.len(), 2, "the two that took something within the second");
        assert_eq!(buckets.take(REMEMBERED, 1, UnixMillis(1_000)), Take::Refused { retry_after_ms: Some(900) });
        buckets.refill(&REMEMBERED);
        assert_eq!(buckets.take(REMEMBERED, 1, UnixMillis(1_000)), Take::Granted);
    }
}
