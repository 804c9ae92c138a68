//! Work of the database's own, which no caller waits for: done in small steps, each in a transaction of its own, soon after
//! the commits that it follows. Must not know what the work is.

use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::row::execute;
use crate::store::StoreError;

/// The time from a commit until the work follows: what was posted meanwhile is done at once.
const FOLLOW_WITHIN: Duration = Duration::from_millis(500);
/// The time until the next attempt after one that failed.
const TRY_AGAIN: Duration = Duration::from_secs(30);

/// A step of the work. Returns whether more is left.
pub(super) type Step = fn(&Connection) -> Result<bool, StoreError>;

/// The work, and when its next step is due.
#[derive(Debug)]
pub(super) struct Upkeep {
    step: Step,
    due: Option<Instant>,
}

impl Upkeep {
    /// Work whose first step is due: the last run may have left some.
    pub(super) fn new(step: Step) -> Self {
        Self { step, due: Some(Instant::now()) }
    }

    /// Something was committed.
    pub(super) fn after_commit(&mut self) {
        self.due.get_or_insert_with(|| Instant::now() + FOLLOW_WITHIN);
    }

    /// The time until the next step; `None` if nothing is left.
    pub(super) fn due_in(&self) -> Option<Duration> {
        self.due.map(|due| due.saturating_duration_since(Instant::now()))
    }

    /// Nothing can be written now.
    pub(super) fn put_off(&mut self) {
        self.due = Some(Instant::now() + TRY_AGAIN);
    }

    /// Does the next step. Returns whether anything was committed.
    pub(super) fn follow(&mut self, connection: &Connection) -> bool {
        match transact(connection, self.step) {
            Ok(is_more_left) => {
                self.due = is_more_left.then(Instant::now);
                true
            }
            Err(error) => {
                tracing::warn!(error = error.with_causes(), "the upkeep of the database failed; trying again");
                // SQLite may have ended the transaction itself; the first error counts.
                let _ = connection.execute_batch("ROLLBACK");
                self.put_off();
                false
            }
        }
    }
}

fn transact(connection: &Connection, step: Step) -> Result<bool, StoreError> {
    execute(connection, "BEGIN IMMEDIATE", [])?;
    let is_more_left = step(connection)?;
    execute(connection, "COMMIT", [])?;
    Ok(is_more_left)
}
