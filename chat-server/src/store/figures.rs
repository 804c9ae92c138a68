//! What a store tells of its work, for the log and for `/metrics`.

use crate::histogram::Distribution;

/// What a store has done since it was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreFigures {
    /// The writes of each commit; all of them together are its sum.
    pub batch_writes: Distribution,
    /// How long commits took, in microseconds: from the first write to the disk's word that all are kept.
    pub commit_us: Distribution,
    /// Bytes of the log that were not folded into the file when they were last looked at.
    pub log_bytes: u64,
}
