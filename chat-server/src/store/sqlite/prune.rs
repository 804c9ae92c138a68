//! Removes old messages from the data folder of a server that does not run, or counts them beside one that does. Must not
//! know how progress is shown.

use std::path::{Path, PathBuf};

use chat_proto::ids::{RoomId, Seq};
use chat_proto::time::UnixMillis;
use rusqlite::{Connection, OptionalExtension, params};

use super::folder::{Folder, FolderError};
use super::form::{self, FormError};
use super::open::{self, MIGRATIONS, OpenError};
use super::retention;
use crate::store::StoreError;

/// Steps after which the log is moved into the file, so that it stays small.
const FOLD_EVERY: u32 = 64;

/// Attempts to empty the log at the end.
const EMPTY_TRIES: u32 = 6;

/// The messages of one room that were removed, or would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrunedRoom {
    /// The room.
    pub id: RoomId,
    /// Its name; `None` for a direct message.
    pub name: Option<String>,
    /// How many messages.
    pub messages: u64,
}

/// How far the removal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PruneProgress {
    /// Messages removed.
    pub messages: u64,
    /// Rooms that are done.
    pub rooms: usize,
    /// Rooms with old messages.
    pub of_rooms: usize,
}

/// Why messages are not removed. What was removed before stays removed.
#[derive(Debug, thiserror::Error)]
pub enum PruneError {
    /// A server runs on the folder.
    #[error(
        "a server ({owner}) uses {folder}. A running server removes old messages by itself: set keep_days under [rooms] in its \
         settings and send it SIGHUP. Or stop it, and run this again"
    )]
    InUse {
        /// The folder.
        folder: PathBuf,
        /// The process that holds it.
        owner: String,
    },
    /// There is no database.
    #[error("there is no database in {folder}; name the server's data folder with --data")]
    NoDatabase {
        /// The folder.
        folder: PathBuf,
    },
    /// There is no such room.
    #[error("there is no room {name}")]
    NoRoom {
        /// The name.
        name: String,
    },
    /// Messages cannot be counted in a database of an older form.
    #[error("an older server wrote {path}: start this version on it once, or leave --dry-run out")]
    Older {
        /// The database.
        path: PathBuf,
    },
    /// The database is none that can be used.
    #[error("{form}")]
    Form {
        /// What is wrong with it.
        form: FormError,
    },
    /// A reader keeps the log.
    #[error(
        "the messages are removed, but another program reads the database, and their texts are still in {path}. Run this again \
         once it has ended: a backup, a check, a copy"
    )]
    LogInUse {
        /// The log.
        path: PathBuf,
    },
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database cannot be read or written.
    #[error("the database failed; run this again to go on")]
    Database(#[from] StoreError),
}

impl From<FormError> for PruneError {
    fn from(form: FormError) -> Self {
        Self::Form { form }
    }
}

impl From<rusqlite::Error> for PruneError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Returns when the newest message in the data folder was accepted; `None` if there is none, or no database of this form.
pub fn newest_message_at(folder: &Path) -> Option<UnixMillis> {
    let path = folder.join("chat.db");
    if !form::is_there(&path).ok()? {
        return None;
    }
    retention::newest_message_at(&open::reader(&path).ok()?).ok()?
}

/// Removes the messages in the data folder `folder` that were accepted before `before`: those of the room named `room`, or of
/// all rooms. With `is_dry` only counts them. Returns the rooms that had any.
///
/// # Errors
/// See [`PruneError`].
pub fn prune(
    folder: &Path,
    room: Option<&str>,
    before: UnixMillis,
    is_dry: bool,
    report: &mut dyn FnMut(PruneProgress),
) -> Result<Vec<PrunedRoom>, PruneError> {
    let path = folder.join("chat.db");
    if !form::is_there(&path)? {
        return Err(PruneError::NoDatabase { folder: folder.to_owned() });
    }
    if is_dry {
        let c = open::reader(&path)?;
        if form::check(&c, &path, MIGRATIONS.len())?.version < MIGRATIONS.len() {
            return Err(PruneError::Older { path });
        }
        return each_room(&c, (room, before), report, count);
    }
    let held = Folder::hold(folder).map_err(|error| match error {
        FolderError::InUse { path, owner } => PruneError::InUse { folder: path, owner },
        other @ FolderError::Io { .. } => PruneError::Open(other.into()),
    })?;
    let (c, _) = open::prepare(&held.database(), "", 0)?;
    let pruned = each_room(&c, (room, before), report, remove);
    // Also after a failure, which counts first: what was removed leaves the log.
    let emptied = empty_log(&c, &path);
    let pruned = pruned?;
    emptied.map(|()| pruned)
}

/// Moves the log into the file and empties it: removed texts may stand in both.
fn empty_log(c: &Connection, path: &Path) -> Result<(), PruneError> {
    for _ in 0..EMPTY_TRIES {
        // Each try waits as long as the connection does for readers.
        let is_busy = c.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0))?;
        if !is_busy {
            return Ok(());
        }
    }
    Err(PruneError::LogInUse { path: path.with_extension("db-wal") })
}

/// One step in a room, from the number up to which it is done. Returns the next such number and the messages of the step;
/// `None` if no old message is left.
type Step = fn(&Connection, RoomId, (Seq, UnixMillis)) -> Result<Option<(Seq, u64)>, PruneError>;

fn count(c: &Connection, room: RoomId, place: (Seq, UnixMillis)) -> Result<Option<(Seq, u64)>, PruneError> {
    let range = retention::oldest_after(c, room, place)?;
    Ok(range.map(|range| (range.last, u64::from(range.messages))))
}

fn remove(c: &Connection, room: RoomId, place: (Seq, UnixMillis)) -> Result<Option<(Seq, u64)>, PruneError> {
    let Some(range) = retention::oldest_after(c, room, place)? else { return Ok(None) };
    c.execute_batch("BEGIN IMMEDIATE")?;
    if let Err(error) = retention::prune(c, room, range).and_then(|()| Ok(c.execute_batch("COMMIT")?)) {
        // SQLite may have ended the transaction itself; the first error counts.
        let _ = c.execute_batch("ROLLBACK");
        return Err(error.into());
    }
    Ok(Some((range.last, u64::from(range.messages))))
}

fn each_room(
    c: &Connection,
    (room, before): (Option<&str>, UnixMillis),
    report: &mut dyn FnMut(PruneProgress),
    step: Step,
) -> Result<Vec<PrunedRoom>, PruneError> {
    let mut rooms = retention::rooms(c, before)?;
    if let Some(name) = room {
        let id = find(c, name)?;
        rooms.retain(|room| *room == id);
    }
    let (mut done, mut messages, mut steps) = (Vec::new(), 0, 0);
    for id in &rooms {
        let query = "SELECT name, pruned_to FROM room WHERE id = ?1";
        let (name, start) =
            c.query_row(query, params![id.0.cast_signed()], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)))?;
        let (mut place, mut of_room) = (Seq(start.max(0).cast_unsigned()), 0);
        while let Some((next, count)) = step(c, *id, (place, before))? {
            (place, of_room, messages, steps) = (next, of_room + count, messages + count, steps + 1);
            report(PruneProgress { messages, rooms: done.len(), of_rooms: rooms.len() });
            if steps % FOLD_EVERY == 0 {
                c.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
            }
        }
        done.push(PrunedRoom { id: *id, name, messages: of_room });
    }
    Ok(done)
}

/// Finds a room by its name, also a former one, or by its id: `general`, `#general`, `R1`.
fn find(c: &Connection, name: &str) -> Result<RoomId, PruneError> {
    let plain = name.strip_prefix('#').unwrap_or(name);
    let id = plain.strip_prefix('R').and_then(|digits| digits.parse::<i64>().ok());
    let query = "SELECT id FROM room WHERE id = ?2 OR name = ?1 OR id = (SELECT room FROM former_name WHERE name = ?1)
         ORDER BY name = ?1 DESC LIMIT 1";
    let found = c.query_row(query, params![plain, id], |row| row.get::<_, i64>(0)).optional()?;
    found.map(|id| RoomId(id.cast_unsigned())).ok_or_else(|| PruneError::NoRoom { name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_a_reader_keeps_is_reported() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("chat.db");
        let (writer, _) = open::prepare(&path, "e1", 0).expect("it opens");
        writer.busy_timeout(std::time::Duration::from_millis(1)).expect("set");
        let reader = open::reader(&path).expect("it opens");
        let view = reader.unchecked_transaction().expect("begun");
        view.query_row("SELECT count(*) FROM meta", [], |_| Ok(())).expect("read");
        writer.execute_batch("UPDATE meta SET value = 'x'").expect("written");
        let error = empty_log(&writer, &path).expect_err("the reader needs it");
        assert!(matches!(&error, PruneError::LogInUse { path } if path.ends_with("chat.db-wal")), "{error:?}");
        drop(view);
        empty_log(&writer, &path).expect("nobody reads");
    }
}
