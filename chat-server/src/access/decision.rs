//! The answer of an access table. Pure. Must not know what was asked, or why it was refused.

#![deny(clippy::disallowed_methods)]

/// The answer of a table; `R` is the table's own list of reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision<R> {
    /// The action may go ahead.
    Allowed,
    /// The caller may not learn that the target exists: answered exactly as if it did not.
    Hidden,
    /// The caller sees the target but may not do this to it.
    Refused(R),
}

impl<R> Decision<R> {
    /// Whether the action may go ahead.
    pub fn is_allowed(&self) -> bool {
        match self {
            Self::Allowed => true,
            Self::Hidden | Self::Refused(_) => false,
        }
    }
}
