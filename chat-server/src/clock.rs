//! The server's clock: the system's time of day without its jumps. Must not know who reads it.
//!
//! Expiry, rates and timestamps all use this clock. It starts at the system's time, runs with the monotonic clock
//! (which also counts while the machine sleeps), and approaches the system's time by at most a millisecond per second.
//! Setting the system clock forward an hour expires no message early, and setting it back keeps none alive.

use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use chat_proto::time::UnixMillis;
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
pub fn offset_ms() -> i64 {
    let now = now();
    wall_nanos().div_euclid(1_000_000).saturating_sub(now.0)
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
