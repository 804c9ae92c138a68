//! The rate buckets that all servers on one Redis share, and that outlive a server: reports posts to them once a second, and
//! goes on with one when its account signs in. Whether a post may be made is decided by this server's own buckets alone. Must
//! not know posts or connections.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use chat_proto::ids::UserId;
use tokio::time::timeout;

use super::state::Server;
use crate::access::Caller;
use crate::limits::{BucketRule, Take, TokenBucket};
use crate::live::{BucketKey, LiveReply};

/// Time between two reports.
const EVERY: Duration = Duration::from_secs(1);
/// How long a sign-in waits for the shared bucket.
const RECALL_LIMIT: Duration = Duration::from_millis(50);
/// How long the last report may take.
const LAST_REPORT_LIMIT: Duration = Duration::from_millis(500);

/// A shared bucket that is asked for.
pub struct Recall {
    user: UserId,
    rule: BucketRule,
    bucket: LiveReply<Option<TokenBucket>>,
}

impl Recall {
    /// Asks for the bucket of an account that signs in, if this server does not know it. The answer comes while the sign-in
    /// goes on.
    pub fn begin(server: &Server, caller: &Caller) -> Option<Self> {
        let (user, rule) = (caller.user(), server.limiter.rule(caller)?);
        let is_asked = !server.limiter.knows(user) && *server.live.availability().borrow();
        is_asked.then(|| Self { user, rule, bucket: server.live.bucket(key(user), server.now()) })
    }

    /// Takes the answer, if it comes soon. Without one the account has a full bucket until its first posts are reported.
    pub async fn finish(self, server: &Server) {
        if let Ok(Ok(Some(bucket))) = timeout(RECALL_LIMIT, self.bucket).await {
            server.limiter.recall(self.user, self.rule, bucket, server.now());
        }
    }
}

/// Reports until `shutdown`, and a last time then.
pub async fn share_limits(server: Arc<Server>, shutdown: impl Future<Output = ()>) {
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            () = tokio::time::sleep(EVERY) => report(&server).await,
        }
    }
    drop(timeout(LAST_REPORT_LIMIT, report(&server)).await);
}

async fn report(server: &Server) {
    let now = server.now();
    // All are submitted before the first is waited for: one round trip.
    let takes: Vec<_> = server
        .limiter
        .take_unshared()
        .into_iter()
        .map(|(user, posts, rule)| {
            let cost = posts.min(rule.burst);
            (user, rule, server.live.take(key(user), rule, cost, now))
        })
        .collect();
    for (user, rule, take) in takes {
        // While the live store is unavailable, our own buckets have to do.
        if let Ok(Take::Refused { .. }) = take.await {
            server.limiter.drain(user, rule, now);
        }
    }
}

fn key(user: UserId) -> BucketKey {
    BucketKey::of_user("posts", user)
}
