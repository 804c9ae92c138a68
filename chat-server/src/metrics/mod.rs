//! `/metrics`: the server's figures for Prometheus. Must not know the names of rooms and people: none may stand in a
//! label.
//!
//! The text is written here: `prometheus-client` writes OpenMetrics, and its histograms take a lock per number.
//! Counters live where the counting happens and do not know who reads them.

mod page;
mod process;
mod text;

pub use page::page;
pub use text::CONTENT_TYPE;
