//! The numbers of refused posts, edits and deletions that the live store may hold: they are never shown. Pure; must not
//! know how the live store is made to forget them.

#![deny(clippy::disallowed_methods)]

use std::collections::BTreeSet;

use chat_proto::ids::Seq;

use crate::store::ChangeId;

/// Numbers kept in memory. The oldest are dropped first; the database keeps them.
const NUMBERS_MAX: usize = 4_096;

/// Numbers of refused changes.
#[derive(Debug, Default)]
pub(super) struct Compensation(BTreeSet<ChangeId>);

impl Compensation {
    /// The refused changes that the database knows of.
    pub(super) fn new(changes: Vec<ChangeId>) -> Self {
        Self(changes.into_iter().collect())
    }

    /// Adds a refused change.
    pub(super) fn add(&mut self, change: ChangeId) {
        self.0.insert(change);
        if self.0.len() > NUMBERS_MAX {
            self.0.pop_first();
        }
    }

    /// The number of the newest refused change.
    pub(super) fn newest(&self) -> Seq {
        self.0.last().map_or(Seq::ZERO, |change| change.changed)
    }

    /// Whether the change was refused.
    pub(super) fn contains(&self, change: ChangeId) -> bool {
        self.0.contains(&change)
    }
}
