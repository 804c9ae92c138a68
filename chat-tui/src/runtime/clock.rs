//! The clock of this machine, for everything that takes `now`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chat_proto::time::UnixMillis;
use tokio::time::Instant;

/// This moment.
pub(super) fn now() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The steady clock's reading when the wall clock shows `at`.
pub(super) fn instant_of(at: UnixMillis) -> Instant {
    Instant::now() + Duration::from_millis(at.since_ms(now()))
}
