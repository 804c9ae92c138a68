//! The runs of the server that gave numbers in each room: recorded with a run's first write in a room, never for all rooms.
//! Must not know what is written.

use std::cell::RefCell;
use std::collections::HashSet;

use chat_proto::ids::{Run, Seq};
use rusqlite::{Connection, params};

use super::row::{self, all, execute, sql};
use crate::store::{RunStart, StoreError, StoredRoom};

/// Runs kept of each room. A cursor of an older one counts as unknown.
const RUNS_MAX: u32 = 256;
/// Rooms remembered as recorded: at most half a mebibyte of them.
const RECORDED_MAX: usize = 32_768;

/// Records the present run in the rooms it writes in.
#[derive(Debug)]
pub(super) struct RunRecorder {
    run: Run,
    /// Rooms that need not be looked up again. Bounded: a room that is missing here is looked up.
    recorded: RefCell<HashSet<i64>>,
}

impl RunRecorder {
    pub(super) fn new(run: Run) -> Self {
        Self { run, recorded: RefCell::default() }
    }

    /// Records the run in a room, with the room's numbers as they are now. Called before each write that takes or reserves
    /// a number; does nothing if the run is recorded.
    pub(super) fn record(&self, c: &Connection, room: i64) -> Result<(), StoreError> {
        if self.recorded.borrow().contains(&room) {
            return Ok(());
        }
        let run = sql(self.run.0);
        if execute(c, "UPDATE room SET run = ?2 WHERE id = ?1 AND run IS NOT ?2", [room, run])? == 1 {
            // Replaces a run that gave no number: no cursor names it.
            let insert = "INSERT OR REPLACE INTO run (room, given, id, head)
                 SELECT id, max(head, ceiling), ?2, head FROM room WHERE id = ?1";
            execute(c, insert, [room, run])?;
            let prune = "DELETE FROM run WHERE room = ?1
                 AND given < (SELECT given FROM run WHERE room = ?1 ORDER BY given DESC LIMIT 1 OFFSET ?2)";
            execute(c, prune, params![room, RUNS_MAX - 1])?;
        }
        let mut recorded = self.recorded.borrow_mut();
        if recorded.len() >= RECORDED_MAX {
            recorded.clear();
        }
        recorded.insert(room);
        Ok(())
    }

    /// A write was rolled back, and with it perhaps a record.
    pub(super) fn forget(&self) {
        self.recorded.borrow_mut().clear();
    }
}

/// Returns the runs of a room by rising number; the last is `present`, as it would be recorded now if it is not.
pub(super) fn of_room(
    c: &Connection,
    room: &StoredRoom,
    reserved_up_to: Seq,
    present: Run,
) -> Result<Vec<RunStart>, StoreError> {
    let query = "SELECT id, head, given FROM run WHERE room = ?1 ORDER BY given";
    let mut runs = all(c, query, [sql(room.room.id.0)], |row| {
        let (run, head, given) = (Run(row::number(row, 0)?), Seq(row::number(row, 1)?), Seq(row::number(row, 2)?));
        Ok(RunStart { run, head, given })
    })?;
    if runs.last().is_none_or(|last| last.run != present) {
        runs.push(RunStart { run: present, head: room.head.persistent, given: reserved_up_to });
    }
    Ok(runs)
}

#[cfg(test)]
mod tests {
    use chat_proto::ids::RoomId;

    use super::super::open;
    use super::*;

    const NOW: i64 = 1_763_560_927_120;
    const GENERAL: i64 = 1;

    fn count(c: &Connection) -> i64 {
        c.query_row("SELECT count(*) FROM run", [], |row| row.get(0)).expect("counted")
    }

    fn advance(c: &Connection) {
        c.execute_batch("UPDATE room SET head = head + 1").expect("written");
    }

    #[test]
    fn a_run_is_recorded_once_in_a_room_and_again_if_its_record_was_rolled_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let (c, _) = open::prepare(&folder.path().join("chat.db"), "e1", NOW).expect("it opens");
        let runs = RunRecorder::new(Run(5));
        c.execute_batch("SAVEPOINT write").expect("begun");
        runs.record(&c, GENERAL).expect("recorded");
        c.execute_batch("ROLLBACK TO write; RELEASE write").expect("rolled back");
        runs.forget();
        assert_eq!(count(&c), 0);
        for _ in 0..3 {
            runs.record(&c, GENERAL).expect("recorded");
            advance(&c);
        }
        assert_eq!(count(&c), 1);
    }

    #[test]
    fn a_room_keeps_a_bounded_number_of_runs_the_newest_ones() {
        let folder = tempfile::tempdir().expect("a folder");
        let (c, _) = open::prepare(&folder.path().join("chat.db"), "e1", NOW).expect("it opens");
        for run in 1..=u64::from(RUNS_MAX) + 10 {
            RunRecorder::new(Run(run)).record(&c, GENERAL).expect("recorded");
            advance(&c);
        }
        assert_eq!(count(&c), i64::from(RUNS_MAX));
        let oldest: i64 = c.query_row("SELECT min(id) FROM run", [], |row| row.get(0)).expect("read");
        assert_eq!(oldest, 11);
    }

    #[test]
    fn a_start_and_a_write_record_nothing_in_other_rooms() {
        let folder = tempfile::tempdir().expect("a folder");
        let (c, _) = open::prepare(&folder.path().join("chat.db"), "e1", NOW).expect("it opens");
        c.execute_batch(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
             INSERT INTO room (kind, name, skeleton, created_at, created_by, head) SELECT 0, 'r' || i, 'r' || i, 0, 0, 9 FROM n",
        )
        .expect("rooms");
        drop(c);
        let (c, _) = open::prepare(&folder.path().join("chat.db"), "e1", NOW).expect("it opens again");
        assert_eq!(count(&c), 0);
        RunRecorder::new(Run(5)).record(&c, GENERAL).expect("recorded");
        assert_eq!(count(&c), 1);
    }

    #[test]
    fn a_room_lists_the_present_run_whether_it_has_written_or_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let (c, _) = open::prepare(&folder.path().join("chat.db"), "e1", NOW).expect("it opens");
        RunRecorder::new(Run(5)).record(&c, GENERAL).expect("recorded");
        c.execute_batch("UPDATE room SET head = 3, ceiling = 64").expect("written");
        let room = super::super::rooms::by_id(&c, RoomId(1)).expect("read").expect("there");
        let starts = |present| of_room(&c, &room, Seq(64), present).expect("read");
        let first = RunStart { run: Run(5), head: Seq::ZERO, given: Seq::ZERO };
        assert_eq!(starts(Run(5)), [first]);
        assert_eq!(starts(Run(6)), [first, RunStart { run: Run(6), head: Seq(3), given: Seq(64) }]);
    }
}
