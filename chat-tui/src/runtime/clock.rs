//! This machine's clock, for everything that takes `now`. Must not know who asks.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chat_proto::time::UnixMillis;
use tokio::time::Instant;

/// The present time.
pub(super) fn now() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Converts a wall-clock time into one of the monotonic clock.
pub(super) fn instant_of(at: UnixMillis) -> Instant {
    Instant::now() + Duration::from_millis(at.since_ms(now()))
}
