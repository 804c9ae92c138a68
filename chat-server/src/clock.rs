//! The server's clock: the system's time of day without its jumps. Must not know who reads it.
//!
//! Expiry, rates and timestamps all use this clock. It starts at the system's time, runs with the monotonic clock
//! (which also counts while the machine sleeps), and approaches the system's time by at most a millisecond per second.
//! Setting the system clock forward an hour expires no message early, and setting it back keeps none alive. [`StepWatch`]
//! notices that it was set; a restart takes the system's time.

use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use chat_proto::time::{CLOCKS_APART_MS, UnixMillis};
use parking_lot::Mutex;
use rustix::time::{ClockId, clock_gettime};

/// One part in this many of the elapsed time may be added or removed to approach the system's time.
const SLEW: i64 = 1_000;
/// On Linux the plain monotonic clock stops while the machine sleeps; this one does not.
#[cfg(target_os = "linux")]
const UNSET: ClockId = ClockId::Boottime;
/// Elsewhere the monotonic clock keeps running.
#[cfg(not(target_os = "linux"))]
const UNSET: ClockId = ClockId::Monotonic;

/// A reading, and the monotonic time at which it was taken. In nanoseconds.
#[derive(Clone, Copy, Debug)]
struct Reading {
    made: i64,
    nanos: i64,
}

static LAST: OnceLock<Mutex<Reading>> = OnceLock::new();

/// Returns the current time.
pub fn now() -> UnixMillis {
    let (made, wall) = (unset_nanos(), wall_nanos());
    let mut last = LAST.get_or_init(|| Mutex::new(Reading { made, nanos: wall })).lock();
    let elapsed = made.saturating_sub(last.made).max(0);
    *last = Reading { made: made.max(last.made), nanos: steady(last.nanos, elapsed, wall) };
    UnixMillis(last.nanos.div_euclid(1_000_000))
}

/// Returns how far the system's time is ahead of this clock, in milliseconds.
pub fn ahead_ms() -> i64 {
    let now = now();
    wall_nanos().div_euclid(1_000_000).saturating_sub(now.0)
}

/// A report on the system's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockReport {
    /// It was set: its time is now so far ahead of this clock, or behind it if negative.
    Stepped {
        /// In milliseconds.
        ahead_ms: i64,
    },
    /// It shows about the same time as this clock again.
    Together,
}

/// Notices that the system's clock was set by a minute or more. Looks at values only.
#[derive(Debug, Default)]
pub struct StepWatch {
    ahead_ms: i64,
}

impl StepWatch {
    /// Takes the present difference. Each step is reported once, however long the clocks take to meet again.
    pub fn check(&mut self, ahead_ms: i64) -> Option<ClockReport> {
        let before_ms = std::mem::replace(&mut self.ahead_ms, ahead_ms);
        let is_apart = |ahead_ms: i64| ahead_ms.abs() >= CLOCKS_APART_MS;
        if is_apart(ahead_ms) && (!is_apart(before_ms) || is_apart(ahead_ms.saturating_sub(before_ms))) {
            return Some(ClockReport::Stepped { ahead_ms });
        }
        (is_apart(before_ms) && !is_apart(ahead_ms)).then_some(ClockReport::Together)
    }
}

fn unset_nanos() -> i64 {
    let reading = clock_gettime(UNSET);
    reading.tv_sec.saturating_mul(1_000_000_000).saturating_add(reading.tv_nsec)
}

fn wall_nanos() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

/// Returns the reading after `elapsed`, given the system's time `wall`.
fn steady(last: i64, elapsed: i64, wall: i64) -> i64 {
    let run = last.saturating_add(elapsed);
    let most = elapsed / SLEW;
    run.saturating_add(wall.saturating_sub(run).clamp(-most, most))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;
    const HOUR: i64 = 3_600 * SECOND;

    #[test]
    fn a_jump_of_the_system_is_followed_slowly_and_never_backwards() {
        for jump in [HOUR, -HOUR] {
            let (mut reading, mut wall) = (0, jump);
            for _ in 0..100 {
                let before = reading;
                wall += SECOND;
                reading = steady(reading, SECOND, wall);
                assert!(reading > before);
            }
            assert_eq!((reading - 100 * SECOND).abs(), 100 * SECOND / SLEW);
        }
    }

    #[test]
    fn each_step_of_a_minute_is_reported_once_and_so_is_its_end() {
        let mut watch = StepWatch::default();
        let hour_ms = 3_600_000;
        assert_eq!((watch.check(0), watch.check(59_999), watch.check(-59_999)), (None, None, None));
        assert_eq!(watch.check(hour_ms), Some(ClockReport::Stepped { ahead_ms: hour_ms }));
        // The clock follows, for hours.
        assert!((60_000..hour_ms).rev().step_by(5).all(|ahead_ms| watch.check(ahead_ms).is_none()));
        assert_eq!(watch.check(59_999), Some(ClockReport::Together));
        assert_eq!(watch.check(-hour_ms), Some(ClockReport::Stepped { ahead_ms: -hour_ms }));
        assert_eq!(watch.check(2 * hour_ms), Some(ClockReport::Stepped { ahead_ms: 2 * hour_ms }), "set again");
        assert_eq!((watch.check(0), watch.check(0)), (Some(ClockReport::Together), None), "set right");
    }

    #[test]
    fn a_step_in_many_small_ones_is_reported_too() {
        let mut watch = StepWatch::default();
        let reports: Vec<_> = (1..=8).filter_map(|step| watch.check(step * 10_000)).collect();
        assert_eq!(reports, [ClockReport::Stepped { ahead_ms: 60_000 }]);
    }

    #[test]
    fn many_readings_follow_as_fast_as_few() {
        let mut reading = 0;
        for step in 1..=1_000_000 {
            reading = steady(reading, 1_000, HOUR + step * 1_000);
        }
        assert_eq!(reading, SECOND + SECOND / SLEW);
    }

    #[test]
    fn a_small_difference_is_made_up_for() {
        assert_eq!(steady(0, SECOND, SECOND + 500), SECOND + 500);
        assert_eq!(steady(0, 0, HOUR), 0);
    }
}
