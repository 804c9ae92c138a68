//! What breaks a rule today and may do so until it is cut. These lists only become shorter: a test fails for an entry
//! that is no longer needed, too.

/// Circles of files: the folder that holds them, and the files that need each other.
pub(crate) const CIRCLES: &[(&str, &[&str])] = &[];

/// Files that should only declare and re-export, with how many functions they hold.
pub(crate) const LOGIC: &[(&str, usize)] = &[];
