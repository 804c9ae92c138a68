//! How far a client has applied a room's changes, and in which life of the data. Must not know where cursors are kept, or
//! what was applied.

use serde::{Deserialize, Serialize};

use crate::ids::{Run, Seq};

/// A place in a room's one order of changes, as a client that has applied everything up to it knows it.
///
/// Take it as it comes, and give it back as it came. After an event it becomes [`Cursor::after`] it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cursor {
    /// The run of the server that gave the number `seq`, or a later one that went on from there. Absent before the first
    /// change, and in cursors that do not know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Run>,
    /// The last number that was applied.
    pub seq: Seq,
    /// The last number up to `seq` under which something persistent changed.
    pub persistent: Seq,
}

impl Cursor {
    /// Before the first change: it belongs to every life of the data.
    pub const START: Self = Self { run: None, seq: Seq::ZERO, persistent: Seq::ZERO };

    /// A number of which nothing else is known: the server takes it for one of another life.
    #[must_use]
    pub fn unknown(seq: Seq) -> Self {
        Self { run: None, seq, persistent: seq }
    }

    /// The cursor of a client that has applied the changes up to here only as far as `seq`.
    #[must_use]
    pub fn up_to(self, seq: Seq) -> Self {
        Self { run: self.run, seq, persistent: self.persistent.min(seq) }
    }

    /// The cursor after an event `seq` that was pushed in `run`.
    #[must_use]
    pub fn after(self, run: Option<Run>, seq: Seq, is_ephemeral: bool) -> Self {
        Self { run, seq, persistent: if is_ephemeral { self.persistent } else { seq } }
    }
}

/// A cursor belongs to another life of the data: what was applied beyond `at` never happened here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parted {
    /// The last number that both lives share; absent if the server does not know the cursor's run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Seq>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_moves_with_events_and_keeps_the_last_persistent_number() {
        let run = Some(Run(7));
        let cursor = Cursor::START.after(run, Seq(3), false).after(run, Seq(9), true);
        assert_eq!(cursor, Cursor { run, seq: Seq(9), persistent: Seq(3) });
        assert_eq!(cursor.up_to(Seq(5)), Cursor { run, seq: Seq(5), persistent: Seq(3) });
        assert_eq!(cursor.up_to(Seq(2)), Cursor { run, seq: Seq(2), persistent: Seq(2) });
    }
}
