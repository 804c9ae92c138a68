//! The cache's file and tables. A file of another version is begun anew: all in it but the outbox can be had again
//! from the server, and the outbox's form does not change.

use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use rusqlite::Connection;

use super::{CacheError, is_damage};

/// Grows with each change of the tables beside the outbox.
const VERSION: i64 = 1;

const OUTBOX: &str = "
CREATE TABLE IF NOT EXISTS outbox (
    key TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    account INTEGER NOT NULL,
    owner TEXT NOT NULL,
    room INTEGER NOT NULL,
    body TEXT NOT NULL,
    code TEXT,
    is_kept INTEGER NOT NULL
) STRICT;
";

const TABLES: &str = "
CREATE TABLE account (id INTEGER PRIMARY KEY CHECK (id = 1), me TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL, open INTEGER) STRICT;
CREATE TABLE room (id INTEGER PRIMARY KEY, membership TEXT NOT NULL, cursor INTEGER NOT NULL, floor INTEGER NOT NULL) STRICT;
CREATE TABLE item (room INTEGER NOT NULL, seq INTEGER NOT NULL, changed INTEGER NOT NULL, item TEXT NOT NULL, PRIMARY KEY (room, seq)) STRICT, WITHOUT ROWID;
CREATE TABLE draft (room INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
CREATE TABLE input (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
CREATE TABLE person (id INTEGER PRIMARY KEY, user TEXT NOT NULL) STRICT;
";

/// Opens the file, for its owner only, and makes its tables where they are missing.
pub(super) fn open(path: &Path) -> Result<Connection, CacheError> {
    let io = |source| CacheError::Io { path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(io)?;
    }
    // SQLite would make the file for others to read; its companions take over the file's mode.
    std::fs::OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path).map_err(io)?;
    let connection = Connection::open(path)?;
    prepare(&connection).map_err(|error| match error {
        error if is_damage(&error) => CacheError::Damaged { path: path.to_owned(), source: error },
        error => CacheError::Sqlite(error),
    })?;
    Ok(connection)
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "secure_delete", "ON")?;
    make(connection)
}

/// Makes the tables where they are missing or of another version.
pub(super) fn make(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(OUTBOX)?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version == VERSION {
        return Ok(());
    }
    let names = ["account", "room", "item", "draft", "input", "person"];
    let drops: String = names.iter().map(|name| format!("DROP TABLE IF EXISTS {name};")).collect();
    connection.execute_batch(&format!("BEGIN IMMEDIATE; {drops} {TABLES} PRAGMA user_version = {VERSION}; COMMIT;"))
}
