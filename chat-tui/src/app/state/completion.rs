//! Candidates for the word before the cursor. Must not know where they come from.

#![deny(clippy::disallowed_methods)]

/// Something that could stand before the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The text that is inserted.
    pub text: String,
    /// A short explanation.
    pub help: String,
}

/// A completion under way: the next press takes the next candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The byte offset at which the completed word begins.
    pub start: usize,
    /// All candidates.
    pub candidates: Vec<Candidate>,
    /// The index of the inserted candidate.
    pub chosen: usize,
}
