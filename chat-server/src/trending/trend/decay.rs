//! How a use of a word fades: it counts 1 when it is made and half as much after each half-life. Pure; must not know words.

#![deny(clippy::disallowed_methods)]

use chat_proto::time::UnixMillis;

/// The half-life of a use, in milliseconds.
pub const HALF_LIFE_MS: u64 = 60 * 60 * 1_000;

/// Returns the weight of a use, seen from the landmark.
pub(super) fn use_weight(landmark: UnixMillis, at: UnixMillis) -> f64 {
    half_lives(landmark, at).exp2()
}

/// Returns the half-lives from `from` to `to`; negative if `to` is earlier.
pub(super) fn half_lives(from: UnixMillis, to: UnixMillis) -> f64 {
    to.0.saturating_sub(from.0) as f64 / HALF_LIFE_MS as f64
}
