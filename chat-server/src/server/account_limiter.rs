//! How often one account may post and change things, over all its connections. Must not know requests: their rows say
//! what they cost.

use std::collections::HashMap;

use chat_proto::ids::UserId;
use chat_proto::time::UnixMillis;
use parking_lot::Mutex;

use crate::limits::{BucketRule, Limit, Limited, RepeatRule, RepeatVerdict, TokenBucket};

/// Moves of read markers: one for each room when a person comes back.
const READ_MARKERS: BucketRule = BucketRule { per_second: 20, burst: 1_000 };
/// Accounts kept in memory; beyond it, those whose buckets are full are dropped.
const ACCOUNTS: usize = 10_000;

/// How often accounts may post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostRates {
    /// A user of this machine.
    pub local: BucketRule,
    /// Everyone else.
    pub remote: BucketRule,
}

/// The cost of a request to its account. Posts are judged with their text instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// Nothing.
    Free,
    /// A change: a write, and an event to everyone in the room.
    Change,
    /// A move of a read marker.
    ReadMarker,
    /// A post, charged by [`AccountLimiter::judge_post`].
    Post,
}

#[derive(Debug)]
struct AccountBuckets {
    posts: TokenBucket,
    changes: TokenBucket,
    read_markers: TokenBucket,
    repeats: RepeatRule,
    /// Posts that the shared bucket does not know of yet, and the rule they were made under.
    unshared: (u32, BucketRule),
}

/// The limits of all accounts.
#[derive(Debug)]
pub struct AccountLimiter {
    /// `None`: nothing is limited.
    rates: Option<PostRates>,
    accounts: Mutex<HashMap<UserId, AccountBuckets>>,
}

impl AccountLimiter {
    /// Limits by these rates; without rates nothing is limited.
    pub fn new(rates: Option<PostRates>) -> Self {
        Self { rates, accounts: Mutex::default() }
    }

    /// The rule an account posts by; `None` if nothing is limited.
    pub fn rule(&self, is_local: bool) -> Option<BucketRule> {
        self.rates.map(|rates| if is_local { rates.local } else { rates.remote })
    }

    /// Charges an account for a post. Returns the hash by which the text is remembered, to be
    /// [forgotten](Self::forget_post) if the post is refused; `None` if repeats are not counted.
    ///
    /// # Errors
    /// [`Limited`] if the account posts too often, or repeats itself.
    pub fn judge_post(
        &self,
        user: UserId,
        is_local: bool,
        text: &str,
        now: UnixMillis,
    ) -> Result<Option<u64>, Limited> {
        let Some(rule) = self.rule(is_local) else { return Ok(None) };
        let mut accounts = self.accounts.lock();
        let account = entry(&mut accounts, user, rule, now);
        Limit::Posts.check(account.posts.take(rule, 1, now))?;
        account.unshared = (account.unshared.0 + 1, rule);
        // A user of this machine is a program as often as a person, and programs repeat themselves.
        if is_local {
            return Ok(None);
        }
        match account.repeats.judge(text, now) {
            RepeatVerdict::Passes { hash } => Ok(Some(hash)),
            RepeatVerdict::Repeated { retry_after_ms } => Err(Limited { limit: Limit::Repeats, retry_after_ms }),
        }
    }

    /// Forgets a text that was refused after all, so that it does not count as a repeat.
    pub fn forget_post(&self, user: UserId, hash: u64) {
        if let Some(account) = self.accounts.lock().get_mut(&user) {
            account.repeats.forget(hash);
        }
    }

    /// Charges an account for a request that is no post.
    ///
    /// # Errors
    /// [`Limited`] if the account does so too often.
    pub fn charge(&self, user: UserId, is_local: bool, cost: Cost, now: UnixMillis) -> Result<(), Limited> {
        if matches!(cost, Cost::Free | Cost::Post) {
            return Ok(());
        }
        let Some(rule) = self.rule(is_local) else { return Ok(()) };
        let mut accounts = self.accounts.lock();
        let account = entry(&mut accounts, user, rule, now);
        match cost {
            Cost::Free | Cost::Post => Ok(()),
            Cost::Change => Limit::Changes.check(account.changes.take(rule, 1, now)),
            Cost::ReadMarker => Limit::ReadMarkers.check(account.read_markers.take(READ_MARKERS, 1, now)),
        }
    }

    /// Takes the posts since the last call, by account, for the buckets that all servers on one Redis share.
    pub(super) fn take_unshared(&self) -> Vec<(UserId, u32, BucketRule)> {
        let mut accounts = self.accounts.lock();
        let unshared = accounts.iter_mut().filter(|(_, account)| account.unshared.0 > 0);
        unshared.map(|(user, account)| (*user, std::mem::take(&mut account.unshared.0), account.unshared.1)).collect()
    }

    /// Empties our bucket, because the shared one holds less than ours: the account posted through another server, or
    /// before a restart.
    pub(super) fn drain(&self, user: UserId, rule: BucketRule, now: UnixMillis) {
        if let Some(account) = self.accounts.lock().get_mut(&user) {
            account.posts.empty(rule, now);
        }
    }
}

fn entry(
    accounts: &mut HashMap<UserId, AccountBuckets>,
    user: UserId,
    rule: BucketRule,
    now: UnixMillis,
) -> &mut AccountBuckets {
    if accounts.len() > ACCOUNTS {
        accounts.retain(|_, account| {
            let is_full = account.posts.is_full(rule, now) && account.changes.is_full(rule, now);
            !(is_full && account.read_markers.is_full(READ_MARKERS, now) && account.repeats.is_idle(now))
        });
    }
    accounts.entry(user).or_insert_with(|| AccountBuckets {
        posts: TokenBucket::full(rule, now),
        changes: TokenBucket::full(rule, now),
        read_markers: TokenBucket::full(READ_MARKERS, now),
        repeats: RepeatRule::default(),
        unshared: (0, rule),
    })
}
