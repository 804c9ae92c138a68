//! How a use of a word fades: it counts 1 when it is made and half as much after each half-life. Pure; must not know words.

#![deny(clippy::disallowed_methods)]

use chat_proto::time::UnixMillis;

/// The half-life of a use, in milliseconds, if the settings do not differ.
pub const HALF_LIFE_MS: u64 = 60 * 60 * 1_000;

/// The time from which uses are weighed, and how fast they fade.
#[derive(Clone, Copy, Debug)]
pub(super) struct Landmark {
    pub at: UnixMillis,
    pub half_life_ms: u64,
}

impl Default for Landmark {
    fn default() -> Self {
        Self { at: UnixMillis::default(), half_life_ms: HALF_LIFE_MS }
    }
}

impl Landmark {
    /// Returns the weight of a use, seen from here.
    pub(super) fn weight_of(self, use_at: UnixMillis) -> f64 {
        self.half_lives_to(use_at).exp2()
    }

    /// Returns the half-lives from here to `to`; negative if `to` is earlier.
    pub(super) fn half_lives_to(self, to: UnixMillis) -> f64 {
        to.0.saturating_sub(self.at.0) as f64 / self.half_life_ms as f64
    }

    /// Returns the same pace, seen from another time.
    pub(super) fn moved_to(self, at: UnixMillis) -> Self {
        Self { at, ..self }
    }
}
