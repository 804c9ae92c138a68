//! Known violations of the rules. These lists only become shorter: a test also fails for an entry that is no longer
//! needed.

/// Cycles of files: their folder, and the files that depend on each other.
pub(crate) const CYCLES: &[(&str, &[&str])] = &[];

/// Files that should only declare and re-export, with the number of functions they contain.
pub(crate) const LOGIC: &[(&str, usize)] = &[];
