//! Text that others wrote: made fit for a terminal, measured, cut into lines, its marks found.

mod inline;
mod measure;
mod safe;
mod wrap;

pub use inline::{Inline, Mark, read_marker};
pub use measure::{fit, prefix_width, width};
pub use safe::{SafeText, is_unsafe};
pub use wrap::{wrap_verbatim, wrap_words};
