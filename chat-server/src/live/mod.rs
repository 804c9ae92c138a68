//! The port to the live store: ephemeral messages, presence leases, mirrored typing and trending words, shared buckets.
//! Must not know the database: no persistent message needs anything here, and no ephemeral message is written anywhere
//! but behind this port.

mod by_key;
mod by_seq;
#[cfg(test)]
pub(crate) mod conformance;
mod entry;
mod error;
mod key;
mod memory;
mod mirrors;
mod packed;
mod port;
mod redis;

pub(crate) use by_key::ByKey;
pub(crate) use by_seq::BySeq;
pub use entry::{EphemeralEntry, Evicted, KEY_KEPT_MS, KeyUse, Put, Usage};
pub use error::LiveError;
pub use key::EphemeralKey;
pub use memory::{MemoryCaps, MemoryLive};
pub use mirrors::{Lease, LeaseId, NodeId, TRENDING_KEPT_MS, TrendingMirror, Typist};
pub use port::{BucketKey, LinkFigures, Live};
pub use redis::{
    DATABASE_ADVICE, ExamineError, Latency, Measured, RedisFacts, RedisFound, RedisLive, RedisOptions, RedisStartError,
};
pub use redis::{check_prefix as check_redis_prefix, examine as examine_redis};

/// A reply of the live store. Operations on one room are carried out in the order of the calls.
pub type LiveReply<T> = crate::reply::Reply<T, LiveError>;
