//! What the way to a live store of another process has seen, for `/metrics`.

use crate::histogram::Distribution;

/// What the way to the store has seen since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkFigures {
    /// How long pipelines took to be answered, in microseconds.
    pub pipeline_us: Distribution,
    /// How often the store was come back to after it was away.
    pub reconnects: u64,
    /// Operations that were refused, whatever the reason.
    pub refused: u64,
}
