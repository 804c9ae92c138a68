//! How fast an account may act: token buckets and the rule against repeats. Must not know who is exempt, or how a limit
//! is explained to people. Pure.

#![deny(clippy::disallowed_methods)]

mod bucket;
mod buckets;
mod limited;
mod repeat;

pub use bucket::{BucketRule, Take, TokenBucket};
pub use buckets::Buckets;
pub use limited::{Limit, Limited};
pub use repeat::{RepeatRule, RepeatVerdict};
