//! Reports posts to the rate buckets that all servers on one Redis share, once a second. Whether a post may be made is
//! decided by this server's own buckets alone. Must not know posts or connections.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::state::Server;
use crate::limits::Take;
use crate::live::BucketKey;

/// Time between two reports.
const EVERY: Duration = Duration::from_secs(1);

/// Reports until `shutdown`.
pub async fn share_limits(server: Arc<Server>, shutdown: impl Future<Output = ()>) {
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        let now = server.now();
        let unshared: Vec<_> = server.limiter.take_unshared();
        // All are submitted before the first is waited for: one round trip.
        let takes: Vec<_> = unshared
            .into_iter()
            .map(|(user, posts, rule)| {
                let cost = posts.min(rule.burst);
                (user, rule, server.live.take(BucketKey::of_user("posts", user), rule, cost, now))
            })
            .collect();
        for (user, rule, take) in takes {
            // While the live store is unavailable, our own buckets have to do.
            if let Ok(Take::Refused { .. }) = take.await {
                server.limiter.drain(user, rule, now);
            }
        }
    }
}
