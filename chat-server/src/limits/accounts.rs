//! What each account may post just now. Must not know who is exempt: the caller says which rules hold for whom.

use std::collections::HashMap;

use chat_proto::ids::UserId;
use chat_proto::time::UnixMillis;

use super::{BucketRule, RepeatRule, RepeatVerdict, Take, TokenBucket};

/// Accounts held before those who have been quiet are let go for the first time.
const SWEEP_AT_LEAST: usize = 1_024;

/// Which rules hold for an account. The rate of a local user, a remote one and a stream's token differ; peer
/// credentials, bots and tokens may repeat themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostRules {
    /// How fast it may post; absent: as fast as it likes.
    pub rate: Option<BucketRule>,
    /// Whether saying the same again and again is refused.
    pub are_repeats_refused: bool,
}

/// Whether a post may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostVerdict {
    /// It may.
    Passes,
    /// Too many posts; wire code `rate_limited`.
    RateLimited {
        /// When the next will pass, in milliseconds from now; `None`: never under this rule.
        retry_after_ms: Option<u64>,
    },
    /// The same text too often; wire code `repeated`.
    Repeated {
        /// When it will pass, in milliseconds from now.
        retry_after_ms: u64,
    },
}

/// The posts of all accounts, as far as they still count: memory follows the accounts of the last seconds.
#[derive(Debug)]
pub struct AccountLimits {
    accounts: HashMap<UserId, Account>,
    /// The next sweep is made when so many accounts are held; twice what the last one left.
    sweep_at: usize,
}

#[derive(Debug, Default)]
struct Account {
    bucket: Option<(BucketRule, TokenBucket)>,
    repeats: RepeatRule,
}

impl Default for AccountLimits {
    fn default() -> Self {
        Self { accounts: HashMap::new(), sweep_at: SWEEP_AT_LEAST }
    }
}

impl AccountLimits {
    /// Judges a post that is about to be made. What is refused for its rate does not count as said.
    pub fn judge(&mut self, user: UserId, text: &str, rules: PostRules, now: UnixMillis) -> PostVerdict {
        self.sweep(now);
        let account = self.accounts.entry(user).or_default();
        if let Some(rule) = rules.rate {
            let (held_rule, bucket) = account.bucket.get_or_insert_with(|| (rule, TokenBucket::full(rule, now)));
            *held_rule = rule;
            if let Take::Refused { retry_after_ms } = bucket.take(rule, 1, now) {
                return PostVerdict::RateLimited { retry_after_ms };
            }
        }
        if !rules.are_repeats_refused {
            return PostVerdict::Passes;
        }
        match account.repeats.judge(text, now) {
            RepeatVerdict::Passes { .. } => PostVerdict::Passes,
            RepeatVerdict::Repeated { retry_after_ms } => PostVerdict::Repeated { retry_after_ms },
        }
    }

    /// How many accounts are held.
    pub fn len(&self) -> usize {
        self.accounts.len()
    }

    /// Whether no account is held.
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty()
    }

    fn sweep(&mut self, now: UnixMillis) {
        if self.accounts.len() >= self.sweep_at {
            let is_full = |(rule, bucket): &(BucketRule, TokenBucket)| bucket.is_full(*rule, now);
            self.accounts
                .retain(|_, account| !account.bucket.as_ref().is_none_or(is_full) || !account.repeats.is_idle(now));
            self.sweep_at = SWEEP_AT_LEAST.max(self.accounts.len() * 2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REMOTE: PostRules =
        PostRules { rate: Some(BucketRule { per_second: 10, burst: 3 }), are_repeats_refused: true };

    fn at(ms: i64) -> UnixMillis {
        UnixMillis(ms)
    }

    #[test]
    fn each_account_has_its_own_rate_and_its_own_repeats() {
        let mut limits = AccountLimits::default();
        let mut judge = |user, text: &str, ms| limits.judge(UserId(user), text, REMOTE, at(ms));
        assert_eq!(judge(1, "same", 0), PostVerdict::Passes);
        assert_eq!(judge(1, "same", 0), PostVerdict::Passes);
        assert_eq!(judge(1, "same", 0), PostVerdict::Repeated { retry_after_ms: 10_000 });
        assert_eq!(judge(1, "other", 0), PostVerdict::RateLimited { retry_after_ms: Some(100) });
        assert_eq!(judge(2, "same", 0), PostVerdict::Passes);
        assert_eq!(judge(1, "other", 100), PostVerdict::Passes);
    }

    #[test]
    fn an_account_without_rules_passes_always() {
        let mut limits = AccountLimits::default();
        let free = PostRules { rate: None, are_repeats_refused: false };
        assert!((0..1_000).all(|_| limits.judge(UserId(1), "x", free, at(0)) == PostVerdict::Passes));
    }

    #[test]
    fn accounts_that_have_been_quiet_are_let_go_and_busy_ones_are_not() {
        let mut limits = AccountLimits::default();
        for user in 1..=50_000 {
            limits.judge(UserId(user), "x", REMOTE, at(user as i64 * 10));
        }
        assert!(limits.len() < 5_000, "{} held; 1,000 said something in the last ten seconds", limits.len());
        let (busy, now) = (UserId(1_000_000), at(500_000));
        limits.judge(busy, "x", REMOTE, now);
        limits.judge(busy, "x", REMOTE, now);
        for user in 100_000..120_000 {
            limits.judge(UserId(user), "x", REMOTE, now);
        }
        assert!(matches!(limits.judge(busy, "x", REMOTE, now), PostVerdict::Repeated { .. }));
    }
}
