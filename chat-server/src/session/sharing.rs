//! Tells the shared buckets what was posted here, a second at a time: decided is here and at once.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::app::App;
use crate::limits::Take;
use crate::live::BucketKey;

/// How often they are told.
const EVERY: Duration = Duration::from_secs(1);

/// Tells the shared buckets until `shutdown`.
pub async fn share_limits(app: Arc<App>, shutdown: impl Future<Output = ()>) {
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        let now = app.now();
        let unshared: Vec<_> = app.limiter.take_unshared();
        // All are submitted, then all are waited for: one round trip.
        let takes: Vec<_> = unshared
            .into_iter()
            .map(|(user, posts, rule)| {
                let cost = posts.min(rule.burst);
                (user, rule, app.live.take(BucketKey::of_user("posts", user), rule, cost, now))
            })
            .collect();
        for (user, rule, take) in takes {
            // Where the live store is away, what is known here has to do.
            if let Ok(Take::Refused { .. }) = take.await {
                app.limiter.overdrawn(user, rule, now);
            }
        }
    }
}
