//! The runs of the server that gave numbers in a room: which one a cursor names, and whether a cursor belongs to this life of
//! the data. Pure; must not know how runs are recorded.

#![deny(clippy::disallowed_methods)]

use chat_proto::cursor::{Cursor, Parted};
use chat_proto::ids::{Run, Seq};

use crate::store::RunStart;

/// The runs by rising number; the last is the present one.
#[derive(Debug)]
pub(super) struct Runs(Vec<RunStart>);

impl Runs {
    /// As the database has them.
    pub(super) fn new(runs: Vec<RunStart>) -> Self {
        Self(runs)
    }

    /// The cursor of a client that has applied everything up to `seq`, of which `persistent` was the last persistent change.
    pub(super) fn cursor(&self, seq: Seq, persistent: Seq) -> Cursor {
        if seq == Seq::ZERO {
            return Cursor::START;
        }
        Cursor { run: self.run_of(seq), seq, persistent }
    }

    /// The run that gave a number. Of runs that are not known any more, the first one after them, which shares their numbers.
    fn run_of(&self, seq: Seq) -> Option<Run> {
        let gave = self.0.iter().rev().find(|start| start.given < seq);
        gave.or(self.0.first()).map(|start| start.run)
    }

    /// Checks that everything a client has applied up to a cursor happened in this life of the data. The present run stands
    /// at `persistent`, the last persistent change shown, and has given numbers up to `given`.
    ///
    /// Persistent changes are compared with the last one of the cursor's run: a copy that was put back lacks those made
    /// after it. Ephemeral messages end with a run, and the room falls behind their numbers; those are compared with the last
    /// number that the run can have given. Under the present run nothing can have been put back, so that only numbers that
    /// it has not given are foreign: the database is ahead of what is shown.
    ///
    /// # Errors
    /// Where the lives part.
    pub(super) fn check(&self, cursor: &Cursor, persistent: Seq, given: Seq) -> Result<(), Parted> {
        if *cursor == Cursor::START {
            return Ok(());
        }
        let known = cursor.run.and_then(|run| self.0.iter().position(|start| start.run == run));
        let Some(at) = known else { return Err(Parted { at: None }) };
        let next = self.0.get(at + 1);
        let (last_persistent, last) = next.map_or((given, given), |next| (next.head, next.given));
        if cursor.persistent <= last_persistent && cursor.seq <= last {
            return Ok(());
        }
        Err(Parted { at: Some(next.map_or(persistent, |next| next.head)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(run: u64, head: u64, given: u64) -> RunStart {
        RunStart { run: Run(run), head: Seq(head), given: Seq(given) }
    }

    fn cursor(run: u64, seq: u64, persistent: u64) -> Cursor {
        Cursor { run: Some(Run(run)), seq: Seq(seq), persistent: Seq(persistent) }
    }

    /// Three runs: the first ended at 10, with numbers up to 64 reserved; the second at 70. The third has shown 78 and given
    /// numbers up to 80.
    fn runs() -> Runs {
        Runs::new(vec![start(1, 0, 0), start(2, 10, 64), start(3, 70, 70)])
    }

    fn check(cursor: &Cursor) -> Result<(), Parted> {
        runs().check(cursor, Seq(78), Seq(80))
    }

    #[test]
    fn a_cursor_names_the_run_that_gave_its_number() {
        let runs = runs();
        let named = |seq, persistent| runs.cursor(Seq(seq), Seq(persistent));
        assert_eq!((named(0, 0), named(10, 10)), (Cursor::START, cursor(1, 10, 10)));
        assert_eq!((named(64, 10), named(65, 65)), (cursor(1, 64, 10), cursor(2, 65, 65)));
        assert_eq!((named(70, 70), named(71, 70)), (cursor(2, 70, 70), cursor(3, 71, 70)));
        let pruned = Runs::new(vec![start(3, 70, 70)]);
        assert_eq!(pruned.cursor(Seq(5), Seq(5)), cursor(3, 5, 5), "the first one known shares what was before it");
    }

    #[test]
    fn a_cursor_of_this_life_is_known_also_on_ephemeral_numbers() {
        for known in
            [Cursor::START, cursor(1, 10, 10), cursor(1, 64, 10), cursor(2, 70, 70), cursor(3, 80, 80), cursor(3, 5, 5)]
        {
            assert_eq!(check(&known), Ok(()), "{known:?}");
        }
    }

    #[test]
    fn a_cursor_of_another_life_is_told_where_the_lives_part() {
        let parted = |at| Err(Parted { at });
        assert_eq!(check(&cursor(1, 11, 11)), parted(Some(Seq(10))), "a copy that lacks 11");
        assert_eq!(check(&cursor(1, 65, 10)), parted(Some(Seq(10))), "more was reserved later");
        assert_eq!(check(&cursor(3, 81, 78)), parted(Some(Seq(78))), "beyond the head");
        assert_eq!(check(&cursor(9, 5, 5)), parted(None), "a run that is not known");
        assert_eq!(check(&Cursor::unknown(Seq(5))), parted(None));
    }
}
