//! One word's uses, and their combined weight. Pure; must not know other words or rooms.

#![deny(clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::sync::Arc;

use chat_proto::ids::Seq;
use chat_proto::time::UnixMillis;

use super::decay::Landmark;

/// One use of a word.
#[derive(Clone, Debug)]
struct Use {
    at: UnixMillis,
    /// How it was written.
    shown: Arc<str>,
    is_persistent: bool,
}

/// The combined weight of uses, seen from the landmark.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Weight {
    /// Of all uses.
    pub all: f64,
    /// Of those in persistent messages.
    pub persistent: f64,
}

impl Weight {
    fn with(self, one: &Use, landmark: Landmark) -> Self {
        let weight = landmark.weight_of(one.at);
        Self { all: self.all + weight, persistent: self.persistent + if one.is_persistent { weight } else { 0.0 } }
    }
}

/// One word's uses, by message. Invariant: not empty once one was added.
#[derive(Clone, Debug, Default)]
pub(super) struct Uses {
    uses: BTreeMap<Seq, Use>,
    /// Their sum in this order; `None` if it must be computed again.
    weight: Option<Weight>,
}

impl Uses {
    pub(super) fn add(&mut self, seq: Seq, posted: (UnixMillis, Arc<str>), is_persistent: bool, landmark: Landmark) {
        let before = if self.uses.is_empty() { Some(Weight::default()) } else { self.weight };
        let is_last = self.uses.last_key_value().is_none_or(|(last, _)| *last < seq);
        let one = Use { at: posted.0, shown: posted.1, is_persistent };
        self.weight = before.filter(|_| is_last).map(|weight| weight.with(&one, landmark));
        self.uses.insert(seq, one);
    }

    /// Removes a use. Returns whether any is left.
    pub(super) fn remove(&mut self, seq: Seq) -> bool {
        self.uses.remove(&seq);
        self.weight = None;
        !self.uses.is_empty()
    }

    /// Rescales the weights after the landmark moved.
    pub(super) fn weigh_anew(&mut self) {
        self.weight = None;
    }

    /// Returns the sum. It is computed again after a removal: a sum kept by subtracting would keep rounding errors.
    pub(super) fn weigh(&mut self, landmark: Landmark) -> Weight {
        let sum = || self.uses.values().fold(Weight::default(), |sum, one| sum.with(one, landmark));
        *self.weight.get_or_insert_with(sum)
    }

    /// Returns the word as last written.
    pub(super) fn shown(&self) -> &str {
        self.uses.values().next_back().map_or("", |last| &last.shown)
    }

    /// Returns when persistent messages used it.
    pub(super) fn persistent(&self) -> impl Iterator<Item = (Seq, UnixMillis)> {
        self.uses.iter().filter(|(_, one)| one.is_persistent).map(|(seq, one)| (*seq, one.at))
    }
}
