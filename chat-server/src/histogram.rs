//! A lock-free histogram: adding a number costs two relaxed additions. Pure; must not know what is counted.

#![deny(clippy::disallowed_methods)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Bounds for durations from a tenth of a millisecond to a few seconds, in microseconds.
const TIMES_US: &[u64] = &[
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    5_000_000,
];

/// A histogram of whole numbers.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [u64],
    /// Per bucket, how many numbers are at most its bound and larger than the bound before; the last one counts those
    /// beyond all bounds.
    buckets: Box<[AtomicU64]>,
    sum: AtomicU64,
}

/// A histogram's contents at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Distribution {
    /// The largest number each bucket counts, ascending.
    pub bounds: &'static [u64],
    /// How many numbers each bucket counted; one more than there are bounds.
    pub counts: Vec<u64>,
    /// The sum of all numbers.
    pub sum: u64,
}

impl Histogram {
    /// Returns an empty histogram with these bounds, ascending.
    pub fn new(bounds: &'static [u64]) -> Self {
        Self { bounds, buckets: (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect(), sum: AtomicU64::new(0) }
    }

    /// Returns an empty histogram for durations, in microseconds.
    pub fn of_times() -> Self {
        Self::new(TIMES_US)
    }

    /// Adds a number.
    pub fn add(&self, number: u64) {
        let bucket = self.bounds.partition_point(|bound| *bound < number);
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(number, Ordering::Relaxed);
    }

    /// Adds a duration, in microseconds.
    pub fn add_time(&self, time: Duration) {
        self.add(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    }

    /// Returns the contents now. A number added meanwhile may show in one figure and not yet in another.
    pub fn distribution(&self) -> Distribution {
        let counts = self.buckets.iter().map(|count| count.load(Ordering::Relaxed)).collect();
        Distribution { bounds: self.bounds, counts, sum: self.sum.load(Ordering::Relaxed) }
    }
}

impl Distribution {
    /// Returns how many numbers were added.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_counted_below_the_first_bound_it_does_not_exceed() {
        let histogram = Histogram::new(&[1, 10]);
        for number in [0, 1, 2, 10, 11, 4_000] {
            histogram.add(number);
        }
        let held = histogram.distribution();
        assert_eq!((held.counts.as_slice(), held.sum, held.count()), (&[2, 2, 2][..], 4_024, 6));
    }

    #[test]
    fn times_are_counted_in_microseconds_and_the_longest_has_a_bucket() {
        let histogram = Histogram::of_times();
        histogram.add_time(Duration::from_micros(250));
        histogram.add_time(Duration::from_mins(1));
        let held = histogram.distribution();
        assert_eq!((held.counts[1], held.counts.last(), held.sum), (1, Some(&1), 60_000_250));
        assert!(held.bounds.is_sorted(), "a number's bucket is found by halving");
    }
}
