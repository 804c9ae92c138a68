//! Notices that the machine slept, by comparing the wall clock with the monotonic one. Pure: must not read a clock.

#![deny(clippy::disallowed_methods)]

/// If the wall clock runs ahead of the monotonic one by more than this, the machine slept.
const THRESHOLD_MS: u64 = 5_000;
/// How often the clocks are compared.
const CHECK_EVERY_MS: u64 = 15_000;

/// The two clocks at the last comparison, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct SleepDetector {
    wall_ms: u64,
    now_ms: u64,
}

impl SleepDetector {
    /// Starts with the clocks as they are.
    pub(super) fn new(wall_ms: u64, now_ms: u64) -> Self {
        Self { wall_ms, now_ms }
    }

    /// When the clocks are to be compared next.
    pub(super) fn next_check_ms(&self) -> u64 {
        self.now_ms + CHECK_EVERY_MS
    }

    /// Compares the clocks with those of the last time. Returns whether the machine slept in between.
    pub(super) fn check(&mut self, wall_ms: u64, now_ms: u64) -> bool {
        let (wall_passed, passed) = (wall_ms.saturating_sub(self.wall_ms), now_ms.saturating_sub(self.now_ms));
        *self = Self { wall_ms, now_ms };
        wall_passed > passed + THRESHOLD_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_clock_that_ran_ahead_means_sleep() {
        let mut detector = SleepDetector::new(1_000_000, 0);
        assert!(!detector.check(1_015_000, 15_000));
        assert!(detector.check(4_600_000, 30_000));
        assert!(!detector.check(4_000_000, 45_000), "a clock that was put back is no sleep");
        assert_eq!(detector.next_check_ms(), 60_000);
    }
}
