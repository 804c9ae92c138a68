//! `/metrics`: what the server counts, as Prometheus reads it. Never a name of a room or a person, in no label.
//!
//! The text is written here: `prometheus-client` writes OpenMetrics and its histograms take a lock at each number; what
//! is counted, is counted where it happens, without knowing who asks.

mod page;
mod process;
mod text;

pub use page::page;
pub use text::CONTENT_TYPE;
