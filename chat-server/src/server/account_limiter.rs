//! How often one account may post and change things, over all its connections. Must not know requests: their rows say
//! what they cost.

use std::collections::HashMap;

use chat_proto::ids::UserId;
use chat_proto::time::UnixMillis;
use parking_lot::{Mutex, RwLock};

use crate::access::{Caller, Credential};
use crate::limits::{BucketRule, Limit, Limited, RepeatRule, RepeatVerdict, TokenBucket};

/// Moves of read markers: one for each room when a person comes back.
const READ_MARKERS: BucketRule = BucketRule { per_second: 20, burst: 1_000 };
/// Accounts kept in memory; beyond it, those whose buckets are full are dropped. They are looked for again when as many more
/// are kept.
const ACCOUNTS: usize = 10_000;

/// How often accounts may post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostRates {
    /// The user whose posts and changes are not limited: the server's own, who could switch all limits off. `None`: all
    /// are limited.
    pub own_uid: Option<u32>,
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
    rates: RwLock<Option<PostRates>>,
    accounts: Mutex<Accounts>,
}

/// The accounts that did anything lately.
#[derive(Debug, Default)]
struct Accounts {
    buckets: HashMap<UserId, AccountBuckets>,
    /// Those with full buckets are dropped when there are more than this.
    drop_at: usize,
}

impl AccountLimiter {
    /// Limits by these rates; without rates nothing is limited.
    pub fn new(rates: Option<PostRates>) -> Self {
        Self { rates: RwLock::new(rates), accounts: Mutex::default() }
    }

    /// Limits by other rates from now on.
    pub fn set_rates(&self, rates: PostRates) {
        *self.rates.write() = Some(rates);
    }

    /// The rule a caller posts by; `None` if it is not limited.
    pub fn rule(&self, caller: &Caller) -> Option<BucketRule> {
        let rates = (*self.rates.read())?;
        let is_own = match caller.credential() {
            Credential::Peer { uid } => rates.own_uid == Some(uid),
            Credential::Token(_) | Credential::Password(_) => false,
        };
        let rule = if caller.is_local() { rates.local } else { rates.remote };
        (!is_own).then_some(rule)
    }

    /// Charges an account for a post. Returns the hash by which the text is remembered, to be
    /// [forgotten](Self::forget_post) if the post is refused; `None` if repeats are not counted.
    ///
    /// # Errors
    /// [`Limited`] if the account posts too often, or repeats itself.
    pub fn judge_post(&self, caller: &Caller, text: &str, now: UnixMillis) -> Result<Option<u64>, Limited> {
        let Some(rule) = self.rule(caller) else { return Ok(None) };
        let mut accounts = self.accounts.lock();
        let account = accounts.entry(caller.user(), rule, now);
        Limit::Posts.check(account.posts.take(rule, 1, now))?;
        account.unshared = (account.unshared.0 + 1, rule);
        // A user of this machine is a program as often as a person, and programs repeat themselves.
        if caller.is_local() {
            return Ok(None);
        }
        match account.repeats.judge(text, now) {
            RepeatVerdict::Passes { hash } => Ok(Some(hash)),
            RepeatVerdict::Repeated { retry_after_ms } => Err(Limited { limit: Limit::Repeats, retry_after_ms }),
        }
    }

    /// Forgets a text that was refused after all, so that it does not count as a repeat.
    pub fn forget_post(&self, user: UserId, hash: u64) {
        if let Some(account) = self.accounts.lock().buckets.get_mut(&user) {
            account.repeats.forget(hash);
        }
    }

    /// Charges an account for a request that is no post.
    ///
    /// # Errors
    /// [`Limited`] if the account does so too often.
    pub fn charge(&self, caller: &Caller, cost: Cost, now: UnixMillis) -> Result<(), Limited> {
        if matches!(cost, Cost::Free | Cost::Post) {
            return Ok(());
        }
        let Some(rule) = self.rule(caller) else { return Ok(()) };
        let mut accounts = self.accounts.lock();
        let account = accounts.entry(caller.user(), rule, now);
        match cost {
            Cost::Free | Cost::Post => Ok(()),
            Cost::Change => Limit::Changes.check(account.changes.take(rule, 1, now)),
            Cost::ReadMarker => Limit::ReadMarkers.check(account.read_markers.take(READ_MARKERS, 1, now)),
        }
    }

    /// Takes the posts since the last call, by account, for the buckets that all servers on one Redis share.
    pub(super) fn take_unshared(&self) -> Vec<(UserId, u32, BucketRule)> {
        let mut accounts = self.accounts.lock();
        let unshared = accounts.buckets.iter_mut().filter(|(_, account)| account.unshared.0 > 0);
        unshared.map(|(user, account)| (*user, std::mem::take(&mut account.unshared.0), account.unshared.1)).collect()
    }

    /// Whether the account has done anything that is limited lately.
    pub(super) fn knows(&self, user: UserId) -> bool {
        self.accounts.lock().buckets.contains_key(&user)
    }

    /// Goes on with the bucket that another run of the server left, unless the account has posted meanwhile.
    pub(super) fn recall(&self, user: UserId, rule: BucketRule, posts: TokenBucket, now: UnixMillis) {
        let mut accounts = self.accounts.lock();
        if !posts.is_full(rule, now) && !accounts.buckets.contains_key(&user) {
            accounts.entry(user, rule, now).posts = posts;
        }
    }

    /// Empties our bucket, because the shared one holds less than ours: the account posted through another server, or
    /// before a restart.
    pub(super) fn drain(&self, user: UserId, rule: BucketRule, now: UnixMillis) {
        if let Some(account) = self.accounts.lock().buckets.get_mut(&user) {
            account.posts.empty(rule, now);
        }
    }
}

impl Accounts {
    fn entry(&mut self, user: UserId, rule: BucketRule, now: UnixMillis) -> &mut AccountBuckets {
        if self.buckets.len() > self.drop_at.max(ACCOUNTS) {
            self.drop_idle(rule, now);
        }
        self.buckets.entry(user).or_insert_with(|| AccountBuckets {
            posts: TokenBucket::full(rule, now),
            changes: TokenBucket::full(rule, now),
            read_markers: TokenBucket::full(READ_MARKERS, now),
            repeats: RepeatRule::default(),
            unshared: (0, rule),
        })
    }

    fn drop_idle(&mut self, rule: BucketRule, now: UnixMillis) {
        self.buckets.retain(|_, account| {
            let is_full = account.posts.is_full(rule, now) && account.changes.is_full(rule, now);
            !(is_full && account.read_markers.is_full(READ_MARKERS, now) && account.repeats.is_idle(now))
        });
        self.drop_at = self.buckets.len() + ACCOUNTS;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chat_proto::ids::SessionId;

    use super::*;
    use crate::access::{Origin, Scopes, ServerRole, Standing};

    const OWN: u32 = 990;
    const RULE: BucketRule = BucketRule { per_second: 1, burst: 3 };

    fn caller(user: u64, uid: Option<u32>, credential: Credential) -> Caller {
        let origin = Origin { uid, is_loopback: true, address: None };
        let standing = Arc::new(Standing::new(ServerRole::Account));
        Caller::new(UserId(user), origin, credential, Scopes::ALL, standing)
    }

    #[test]
    fn the_servers_own_user_is_not_limited_and_everyone_else_is() {
        let limiter = AccountLimiter::new(Some(PostRates { own_uid: Some(OWN), local: RULE, remote: RULE }));
        let posts = |caller: &Caller| {
            let texts = (0..20).map(|n| limiter.judge_post(caller, &format!("text {n}"), UnixMillis(0)));
            texts.flatten().count()
        };
        let own = caller(1, Some(OWN), Credential::Peer { uid: OWN });
        assert_eq!((posts(&own), limiter.rule(&own)), (20, None));
        assert!((0..20).all(|_| limiter.charge(&own, Cost::Change, UnixMillis(0)).is_ok()));
        assert!(limiter.accounts.lock().buckets.is_empty(), "nothing is remembered of it");
        assert_eq!(posts(&caller(2, Some(1000), Credential::Peer { uid: 1000 })), 3);
        // Over the same socket, but as the account of a name.
        assert_eq!(posts(&caller(3, Some(OWN), Credential::Token(SessionId(1)))), 3);
        assert_eq!(posts(&caller(4, None, Credential::Token(SessionId(2)))), 3);
    }

    #[test]
    fn idle_accounts_are_looked_for_only_after_many_more_came() {
        let mut accounts = Accounts::default();
        for user in 0..=ACCOUNTS as u64 {
            accounts.entry(UserId(user), RULE, UnixMillis(0)).posts.empty(RULE, UnixMillis(0));
        }
        accounts.entry(UserId(1), RULE, UnixMillis(0));
        assert_eq!(accounts.drop_at, 2 * ACCOUNTS + 1, "all are in use: the next look is after as many more");
        // Idle since.
        for user in 20_000..20_002 + ACCOUNTS as u64 {
            accounts.entry(UserId(user), RULE, UnixMillis(600_000));
        }
        assert_eq!(accounts.buckets.len(), 1, "all but the last one were idle");
    }
}
