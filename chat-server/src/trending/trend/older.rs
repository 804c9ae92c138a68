//! What counted before the messages that are known here: words that outlived a restart in a mirror. PURE.

#![deny(clippy::disallowed_methods)]

use std::collections::HashMap;

use chat_proto::ids::Seq;
use chat_proto::time::UnixMillis;

/// Less than this is rounding, not a use.
const LEAST: f64 = 0.01;

/// What words counted at one moment, over the uses that are known one by one.
#[derive(Clone, Debug, Default)]
pub(super) struct Older {
    pub at: UnixMillis,
    /// Messages up to here are among them.
    pub upto: Seq,
    /// By key: how it is shown, and the count at `at`.
    pub words: HashMap<String, (String, f64)>,
}

impl Older {
    /// Adds what is left of a word's count after the known uses.
    pub(super) fn add(&mut self, key: String, shown: String, left: f64) {
        if left >= LEAST {
            self.words.insert(key, (shown, left));
        }
    }

    /// A message changed of which only its part in these counts was known: its words cannot be told apart, so all go.
    /// Whether there were any.
    pub(super) fn doubt(&mut self, seq: Seq) -> bool {
        let is_among = seq <= self.upto && !self.words.is_empty();
        if is_among {
            self.words.clear();
        }
        is_among
    }
}
