//! The live store in Redis 7.0 or later, or Valkey: ephemeral messages survive a restart of the server. Must not know rooms'
//! rules.
//!
//! One task owns the connection and sends the queued operations as one pipeline: they are carried out in the order of
//! submission, and none waits for another's round trip. Every pipeline has a deadline. After it the connection is dropped and
//! everything is refused at once. When Redis is back, the former connection is cut there, and operations in doubt are undone
//! before service resumes: a refused message never appears later.

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
