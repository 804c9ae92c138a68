//! How often one account may post, over all its connections.

use std::collections::HashMap;

use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::ids::UserId;
use chat_proto::time::UnixMillis;
use parking_lot::Mutex;

use super::app::AppConfig;
use crate::limits::{BucketRule, RepeatRule, RepeatVerdict, Take, TokenBucket};

/// Accounts remembered; beyond it those with nothing to remember are forgotten.
const ACCOUNTS: usize = 10_000;

#[derive(Debug)]
struct Account {
    posts: TokenBucket,
    repeats: RepeatRule,
}

/// The limits of all accounts.
#[derive(Debug)]
pub(super) struct Limiter {
    is_enabled: bool,
    local: BucketRule,
    remote: BucketRule,
    accounts: Mutex<HashMap<UserId, Account>>,
}

impl Limiter {
    pub(super) fn new(config: &AppConfig) -> Self {
        let rule = |(per_second, burst)| BucketRule { per_second, burst };
        Self {
            is_enabled: config.limits_enabled,
            local: rule(config.local_posts),
            remote: rule(config.remote_posts),
            accounts: Mutex::default(),
        }
    }

    /// The rule an account posts by; none where nothing is limited.
    pub(super) fn rule(&self, is_local: bool) -> Option<BucketRule> {
        self.is_enabled.then_some(if is_local { self.local } else { self.remote })
    }

    /// Whether an account may post this text now.
    pub(super) fn judge(&self, user: UserId, is_local: bool, text: &str, now: UnixMillis) -> Result<(), ErrorBody> {
        let Some(rule) = self.rule(is_local) else { return Ok(()) };
        let mut accounts = self.accounts.lock();
        if accounts.len() > ACCOUNTS {
            accounts.retain(|_, account| !(account.posts.is_full(rule, now) && account.repeats.is_idle(now)));
        }
        let fresh = || Account { posts: TokenBucket::full(rule, now), repeats: RepeatRule::default() };
        let account = accounts.entry(user).or_insert_with(fresh);
        if let Take::Refused { retry_after_ms } = account.posts.take(rule, 1, now) {
            let error = ErrorBody::new(ErrorCode::RateLimited, "Too many posts; wait a moment.");
            return Err(error.retry_after(retry_after_ms.unwrap_or(1_000)));
        }
        // A user of this machine is a program as often as a person, and programs repeat themselves.
        if !is_local && let RepeatVerdict::Repeated { retry_after_ms } = account.repeats.judge(text, now) {
            let error =
                ErrorBody::new(ErrorCode::Repeated, "The same text was posted just before; wait, or say it otherwise.");
            return Err(error.retry_after(retry_after_ms));
        }
        Ok(())
    }
}
