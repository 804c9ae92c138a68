//! Text that others wrote, made fit for a terminal.

mod safe;

pub use safe::SafeText;
