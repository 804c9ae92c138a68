//! Counts from before the messages known here: words that survived a restart in a mirror. Pure; must not know rooms.

#![deny(clippy::disallowed_methods)]

use std::collections::HashMap;

use chat_proto::ids::Seq;
use chat_proto::time::UnixMillis;

/// Less than this is rounding, not a use.
const LEAST: f64 = 0.01;

/// Word counts at one moment, beyond the uses that are known one by one.
#[derive(Clone, Debug, Default)]
pub(super) struct Older {
    pub at: UnixMillis,
    /// Messages up to this number are included.
    pub upto: Seq,
    /// By key: how it is shown, and the count at `at`.
    pub words: HashMap<String, (String, f64)>,
}

impl Older {
    /// Adds the rest of a word's count after subtracting the known uses.
    pub(super) fn add(&mut self, key: String, shown: String, left: f64) {
        if left >= LEAST {
            self.words.insert(key, (shown, left));
        }
    }

    /// Drops all counts, because a message changed whose words cannot be separated from them. Returns whether there were
    /// any.
    pub(super) fn doubt(&mut self, seq: Seq) -> bool {
        let is_among = seq <= self.upto && !self.words.is_empty();
        if is_among {
            self.words.clear();
        }
        is_among
    }
}
