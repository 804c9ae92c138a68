//! The server's clock between two welcomes: the time it told, and what has passed since. Must not know what ends by it.

use std::time::Duration;

use chat_proto::time::UnixMillis;
use tokio::time::{Instant, sleep_until};

/// The server's time of day. This machine's may differ, and may be set meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct ServerClock {
    told: UnixMillis,
    told_at: Instant,
}

impl ServerClock {
    /// A clock that the server has just told.
    pub fn at(now: UnixMillis) -> Self {
        Self { told: now, told_at: Instant::now() }
    }

    /// Waits until the server's clock shows this time; for ever if there is none.
    pub async fn reaches(self, end: Option<UnixMillis>) {
        match end {
            Some(end) => sleep_until(self.told_at + Duration::from_millis(end.since_ms(self.told))).await,
            None => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_wait_is_as_long_as_the_servers_clock_says() {
        let clock = ServerClock::at(UnixMillis(1_000));
        let start = Instant::now();
        clock.reaches(Some(UnixMillis(3_500))).await;
        assert_eq!(start.elapsed().as_millis(), 2_500);
        clock.reaches(Some(UnixMillis(0))).await;
        assert!(start.elapsed() < Duration::from_millis(2_600), "a time that has passed is not waited for");
    }
}
