//! How often one account may post, over all its connections.

use std::collections::HashMap;

use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::ids::UserId;
use chat_proto::request::Request;
use chat_proto::time::UnixMillis;
use parking_lot::Mutex;

use super::app::AppConfig;
use super::error::granted;
use crate::limits::{BucketRule, RepeatRule, RepeatVerdict, TokenBucket};

/// Read marks: one for each room when a person comes back.
const READS: BucketRule = BucketRule { per_second: 20, burst: 1_000 };
/// Accounts remembered; beyond it those with nothing to remember are forgotten.
const ACCOUNTS: usize = 10_000;

#[derive(Debug)]
struct AccountBuckets {
    posts: TokenBucket,
    changes: TokenBucket,
    reads: TokenBucket,
    repeats: RepeatRule,
    /// Posts that the shared bucket has not been told of, and the rule they were made under.
    unshared: (u32, BucketRule),
}

/// The limits of all accounts.
#[derive(Debug)]
pub(super) struct Limiter {
    is_enabled: bool,
    local: BucketRule,
    remote: BucketRule,
    accounts: Mutex<HashMap<UserId, AccountBuckets>>,
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
    ///
    /// Answers its text's hash where it was remembered; to be taken back if the post is refused.
    pub(super) fn judge(
        &self,
        user: UserId,
        is_local: bool,
        text: &str,
        now: UnixMillis,
    ) -> Result<Option<u64>, ErrorBody> {
        let Some(rule) = self.rule(is_local) else { return Ok(None) };
        let mut accounts = self.accounts.lock();
        let account = entry(&mut accounts, user, rule, now);
        granted(account.posts.take(rule, 1, now), "Too many posts; wait a moment.")?;
        account.unshared = (account.unshared.0 + 1, rule);
        // A user of this machine is a program as often as a person, and programs repeat themselves.
        if is_local {
            return Ok(None);
        }
        match account.repeats.judge(text, now) {
            RepeatVerdict::Passes { hash } => Ok(Some(hash)),
            RepeatVerdict::Repeated { retry_after_ms } => {
                let message = "The same text was posted just before; wait, or say it otherwise.";
                Err(ErrorBody::new(ErrorCode::Repeated, message).retry_after(retry_after_ms))
            }
        }
    }

    /// What was remembered by [`Self::judge`] was not posted.
    pub(super) fn forget_post(&self, user: UserId, hash: u64) {
        if let Some(account) = self.accounts.lock().get_mut(&user) {
            account.repeats.forget(hash);
        }
    }

    /// The posts since the last look, by account: for the bucket that all processes and runs of the server share.
    pub(super) fn take_unshared(&self) -> Vec<(UserId, u32, BucketRule)> {
        let mut accounts = self.accounts.lock();
        let unshared = accounts.iter_mut().filter(|(_, account)| account.unshared.0 > 0);
        unshared.map(|(user, account)| (*user, std::mem::take(&mut account.unshared.0), account.unshared.1)).collect()
    }

    /// The shared bucket has not as much as was taken here: elsewhere, or before a restart, it was used, too.
    pub(super) fn overdrawn(&self, user: UserId, rule: BucketRule, now: UnixMillis) {
        if let Some(account) = self.accounts.lock().get_mut(&user) {
            account.posts.empty(rule, now);
        }
    }

    /// Whether an account may make this change now, which is no post: each costs a write, and a frame to everyone.
    pub(super) fn judge_change(
        &self,
        user: UserId,
        is_local: bool,
        request: &Request,
        now: UnixMillis,
    ) -> Result<(), ErrorBody> {
        let (Some(rule), Some(cost)) = (self.rule(is_local), cost(request)) else { return Ok(()) };
        let mut accounts = self.accounts.lock();
        let account = entry(&mut accounts, user, rule, now);
        match cost {
            Cost::Change => granted(account.changes.take(rule, 1, now), "Too many changes; wait a moment."),
            Cost::Read => granted(account.reads.take(READS, 1, now), "Too many read marks; wait a moment."),
        }
    }
}

/// What a request costs its account.
enum Cost {
    Change,
    Read,
}

/// None where it costs nothing.
fn cost(request: &Request) -> Option<Cost> {
    match request {
        Request::Edit(_)
        | Request::Delete(_)
        | Request::CreateRoom(_)
        | Request::Join(_)
        | Request::Leave(_)
        | Request::SetTopic(_)
        | Request::SetDescription(_)
        | Request::SetRsvp(_)
        | Request::SetStatus(_)
        | Request::SetTyping(_)
        | Request::SetPassword(_) => Some(Cost::Change),
        Request::Read(_) => Some(Cost::Read),
        // Posts are judged with their text; the rest changes nothing.
        Request::Post(_)
        | Request::History(_)
        | Request::Changes(_)
        | Request::Versions(_)
        | Request::ListRooms(_)
        | Request::RoomInfo(_)
        | Request::Members(_)
        | Request::Users(_)
        | Request::Resolve(_)
        | Request::Subscribe(_)
        | Request::Unsubscribe(_)
        | Request::SetActivity(_)
        | Request::Who(_)
        | Request::Trending(_)
        | Request::Account(_)
        | Request::AccountChanges(_)
        | Request::Logout(_)
        | Request::Ping(_) => None,
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
            !(is_full && account.reads.is_full(READS, now) && account.repeats.is_idle(now))
        });
    }
    accounts.entry(user).or_insert_with(|| AccountBuckets {
        posts: TokenBucket::full(rule, now),
        changes: TokenBucket::full(rule, now),
        reads: TokenBucket::full(READS, now),
        repeats: RepeatRule::default(),
        unshared: (0, rule),
    })
}
