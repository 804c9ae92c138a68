//! The server's clock between two readings of it: the time it sent, and the time that has passed since. Must not know what
//! ends by it.

use std::time::Duration;

use chat_proto::time::UnixMillis;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// A reading of the server's clock, and when it was taken.
#[derive(Clone, Copy, Debug)]
struct Reading {
    time: UnixMillis,
    taken_at: Instant,
}

impl Reading {
    fn now(time: UnixMillis) -> Self {
        Self { time, taken_at: Instant::now() }
    }
}

/// The server's time of day, as the last reading has it. This machine's may differ, and may be set meanwhile.
#[derive(Clone, Debug)]
pub struct ServerClock(watch::Receiver<Reading>);

impl ServerClock {
    /// Waits until the server's clock shows this time, also if it is read again meanwhile; for ever if there is none.
    pub async fn reaches(&mut self, end: Option<UnixMillis>) {
        let Some(end) = end else { return std::future::pending().await };
        loop {
            let Reading { time, taken_at } = *self.0.borrow_and_update();
            tokio::select! {
                () = sleep_until(taken_at + Duration::from_millis(end.since_ms(time))) => return,
                Ok(()) = self.0.changed() => {}
            }
        }
    }
}

/// Takes the readings of the server's clock.
#[derive(Debug)]
pub(super) struct ClockReadings(watch::Sender<Reading>);

impl ClockReadings {
    /// The first reading.
    pub(super) fn new(time: UnixMillis) -> Self {
        Self(watch::Sender::new(Reading::now(time)))
    }

    /// The server's clock shows this time now.
    pub(super) fn take(&self, time: UnixMillis) {
        self.0.send_replace(Reading::now(time));
    }

    /// The clock.
    pub(super) fn clock(&self) -> ServerClock {
        ServerClock(self.0.subscribe())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_wait_is_as_long_as_the_servers_clock_says() {
        let readings = ClockReadings::new(UnixMillis(1_000));
        let mut clock = readings.clock();
        let start = Instant::now();
        clock.reaches(Some(UnixMillis(3_500))).await;
        assert_eq!(start.elapsed().as_millis(), 2_500);
        clock.reaches(Some(UnixMillis(0))).await;
        assert!(start.elapsed() < Duration::from_millis(2_600), "a time that has passed is not waited for");
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_under_way_goes_by_the_newest_reading() {
        let readings = ClockReadings::new(UnixMillis(0));
        for (correction, expected_ms) in [(3_000, 2_500), (-500, 6_000)] {
            readings.take(UnixMillis(0));
            let (mut clock, start) = (readings.clock(), Instant::now());
            let correct = async {
                sleep_until(start + Duration::from_secs(1)).await;
                readings.take(UnixMillis(1_000 + correction));
            };
            // First ahead of the former reading, then behind it.
            tokio::join!(clock.reaches(Some(UnixMillis(5_500))), correct);
            assert_eq!(start.elapsed().as_millis(), expected_ms);
        }
    }
}
