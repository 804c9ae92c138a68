//! Counters of the connection to Redis. Must not know what is sent.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::histogram::Histogram;
use crate::live::LinkFigures;

/// Counters of the connection to Redis.
#[derive(Debug)]
pub(super) struct Counters {
    /// How long pipelines took to be answered, in microseconds.
    pub pipeline_us: Histogram,
    /// How often the connection was made again.
    pub reconnects: AtomicU64,
    /// Operations that were refused.
    pub refused: AtomicU64,
}

impl Counters {
    pub(super) fn new() -> Self {
        Self { pipeline_us: Histogram::of_times(), reconnects: AtomicU64::new(0), refused: AtomicU64::new(0) }
    }

    /// Counts a refused operation.
    pub(super) fn refuse(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn figures(&self) -> LinkFigures {
        LinkFigures {
            pipeline_us: self.pipeline_us.distribution(),
            reconnects: self.reconnects.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
        }
    }
}
