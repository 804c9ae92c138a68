//! Carries out writes in one transaction. Must not know what a write does, or who waits for it.
//!
//! A refused write leaves no trace, and takes no other with it. Most are refused before they change anything, so the writes of
//! a transaction have no savepoints: each would copy every page that its write touches. If one fails midway, all are done once
//! more, each behind a savepoint of its own.

use rusqlite::Connection;

use super::batch::Batch;
use super::error::TransactionError;
use super::job::Job;
use super::row::execute;
use super::runs::RunRecorder;
use crate::store::StoreError;

/// How the writes of a transaction are kept apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Isolation {
    /// Not at all: none may fail once it has changed anything.
    None,
    /// Each has a savepoint.
    Savepoints,
}

/// The end of an attempt that did not fail.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Attempt {
    Committed,
    /// A write failed midway; the transaction is still open.
    NeedsSavepoints,
}

/// Carries out all of them, and commits. Each knows whether it was refused.
///
/// # Errors
/// If none was kept.
pub(super) fn carry_out(c: &Connection, runs: &RunRecorder, jobs: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
    if attempt((c, runs), jobs, Isolation::None)? == Attempt::NeedsSavepoints {
        execute(c, "ROLLBACK", [])?;
        runs.forget();
        attempt((c, runs), jobs, Isolation::Savepoints)?;
    }
    Ok(())
}

fn attempt(
    (c, runs): (&Connection, &RunRecorder),
    jobs: &mut [Box<dyn Job>],
    isolation: Isolation,
) -> Result<Attempt, StoreError> {
    execute(c, "BEGIN IMMEDIATE", [])?;
    let batch = Batch::on(c, runs);
    for job in jobs {
        let before = c.total_changes();
        let is_right = match isolation {
            Isolation::None => job.attempt(&batch),
            Isolation::Savepoints => behind_savepoint(&batch, &mut **job)?,
        };
        // A full disk or a read fault may have ended the whole transaction.
        if c.is_autocommit() {
            return Err(TransactionError::RolledBack.into());
        }
        if isolation == Isolation::None && !is_right && c.total_changes() != before {
            return Ok(Attempt::NeedsSavepoints);
        }
    }
    batch.commit()?;
    if c.is_autocommit() { Ok(Attempt::Committed) } else { Err(TransactionError::StillOpen.into()) }
}

/// Carries out a write of which nothing is left if it fails. Returns whether it succeeded.
fn behind_savepoint(batch: &Batch<'_>, job: &mut dyn Job) -> Result<bool, StoreError> {
    execute(batch, "SAVEPOINT write", [])?;
    let is_right = job.attempt(batch);
    if batch.is_autocommit() {
        return Ok(is_right);
    }
    if is_right {
        batch.settle()?;
    } else {
        execute(batch, "ROLLBACK TO write", [])?;
        batch.forget();
    }
    execute(batch, "RELEASE write", [])?;
    Ok(is_right)
}
