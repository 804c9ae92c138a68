//! How fast an account may act: token buckets and the rule against repeats. Pure. Must not know who is exempt.

#![deny(clippy::disallowed_methods)]

mod bucket;
mod buckets;
mod repeat;

pub use bucket::{BucketRule, Take, TokenBucket};
pub use buckets::Buckets;
pub use repeat::{RepeatRule, RepeatVerdict};
