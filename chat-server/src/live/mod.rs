//! The port to what expires: ephemeral messages, presence leases, mirrored typing and trending words, shared buckets.
//!
//! The database is elsewhere: nothing here is ever needed to keep a persistent message, and no ephemeral message is ever
//! written anywhere but behind this port.

#[cfg(test)]
pub(crate) mod conformance;
mod entry;
mod error;
mod lease;
mod link;
mod memory;
mod port;
mod redis;
mod trending;
mod typist;

pub use entry::{EphemeralEntry, EphemeralKey, Evicted, KEY_KEPT_MS, KeyUse, Put, Usage};
pub use error::LiveError;
pub use lease::{Lease, LeaseId, NodeId};
pub use link::LinkFigures;
pub use memory::{MemoryCaps, MemoryLive};
pub use port::{BucketKey, Live};
pub use redis::{
    DATABASE_ADVICE, ExamineError, Latency, Measured, RedisFacts, RedisFound, RedisLive, RedisOptions, RedisStartError,
};
pub use redis::{check_prefix as check_redis_prefix, examine as examine_redis};
pub use trending::{TRENDING_KEPT_MS, TrendingMirror};
pub use typist::Typist;

/// A reply of the live store. Operations on one room are carried out in the order they were submitted.
pub type LiveReply<T> = crate::reply::Reply<T, LiveError>;
