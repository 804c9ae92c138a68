//! The live store in Redis 7.0 or later, or Valkey: what expires survives a restart of the server.
//!
//! One task owns the connection and sends what is queued as one pipeline, so operations are carried out in the order
//! of submission and none waits for another's round trip. Every pipeline has a deadline. After it the connection is
//! dropped, everything is refused at once, and when Redis is back the previous connection is cut there and what was in
//! doubt is taken back before service goes on: what was refused never appears later.

mod bulk;
mod connect;
mod counters;
mod driver;
mod error;
mod examine;
mod keys;
mod mirror;
mod operation;
mod options;
mod pipeline;
mod rights;
mod scripts;
mod store;
#[cfg(test)]
mod tests;
mod values;

pub use error::{DATABASE_ADVICE, RedisStartError};
pub use examine::{ExamineError, Latency, Measured, RedisFacts, RedisFound, examine};
pub use options::{RedisOptions, check_prefix};
pub use store::RedisLive;
