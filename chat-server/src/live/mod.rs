//! The port to what expires: ephemeral messages, presence leases, mirrored topics, shared buckets.
//!
//! The record is elsewhere: nothing here is ever needed to keep a lasting message, and no ephemeral message is ever
//! written anywhere but behind this port.

mod entry;
mod error;
mod lease;
mod pending;
mod port;

pub use entry::{Address, Entry, KEY_KEPT_MS, KeyUse, Put, Swept, Usage};
pub use error::LiveError;
pub use lease::{Lease, LeaseId, NodeId};
pub use pending::{Pending, Resolver};
pub use port::{BucketKey, Live};
