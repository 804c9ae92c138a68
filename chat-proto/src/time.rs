//! Moments on the wire. Must not know a clock: callers pass `now` in.

use serde::{Deserialize, Serialize};

/// Two clocks that are this far apart, or further, are worth a report, in milliseconds.
pub const CLOCKS_APART_MS: i64 = 60_000;

/// Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted. May lie before 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixMillis(
    /// The count of milliseconds.
    pub i64,
);

impl UnixMillis {
    /// Returns the moment `ms` milliseconds later; saturates instead of wrapping.
    #[must_use]
    pub fn plus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(i64::try_from(ms).unwrap_or(i64::MAX)))
    }

    /// Returns the moment so many days earlier, each of 24 hours.
    #[must_use]
    pub fn minus_days(self, days: u32) -> Self {
        Self(self.0.saturating_sub(i64::from(days) * 24 * 60 * 60 * 1_000))
    }

    /// Returns the milliseconds from `earlier` to this moment; 0 if `earlier` is later.
    pub fn since_ms(self, earlier: Self) -> u64 {
        u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0)
    }
}
