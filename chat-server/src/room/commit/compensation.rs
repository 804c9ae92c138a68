//! The numbers of refused posts that the live store may hold: they are never shown. Pure; must not know how the live
//! store is made to forget the posts.

#![deny(clippy::disallowed_methods)]

use std::collections::BTreeSet;

use chat_proto::ids::Seq;

/// Numbers kept in memory. The oldest are dropped first; the database keeps them.
const NUMBERS_MAX: usize = 4_096;

/// Numbers of refused posts.
#[derive(Debug, Default)]
pub(super) struct Compensation(BTreeSet<Seq>);

impl Compensation {
    /// The refused posts that the database knows of.
    pub(super) fn new(numbers: Vec<Seq>) -> Self {
        Self(numbers.into_iter().collect())
    }

    /// Adds a refused post.
    pub(super) fn add(&mut self, seq: Seq) {
        self.0.insert(seq);
        if self.0.len() > NUMBERS_MAX {
            self.0.pop_first();
        }
    }

    /// The newest refused post.
    pub(super) fn newest(&self) -> Seq {
        self.0.last().copied().unwrap_or(Seq::ZERO)
    }

    /// Whether the post was refused.
    pub(super) fn contains(&self, seq: Seq) -> bool {
        self.0.contains(&seq)
    }
}
