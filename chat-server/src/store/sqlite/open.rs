//! Opens the database: its settings and the versions of its schema. Must not know what the tables are used for.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::folder::FolderError;

/// The oldest SQLite without the bug that can damage a log under concurrent checkpoints.
const OLDEST_SQLITE: i32 = 3_051_003;
/// The migrations, oldest first. A published one never changes.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_start.sql"),
    include_str!("migrations/0002_counts.sql"),
    include_str!("migrations/0003_changed.sql"),
    include_str!("migrations/0004_deleted.sql"),
    include_str!("migrations/0005_refused.sql"),
    include_str!("migrations/0006_rsvp.sql"),
    include_str!("migrations/0007_unread.sql"),
];

/// Why the database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// SQLite is too old.
    #[error("this program was built with SQLite {found}, which can damage data; 3.51.3 or newer is needed")]
    OldLibrary {
        /// Its version.
        found: &'static str,
    },
    /// The file was written by a newer server.
    #[error("{path} was written by a newer server (form {found}, this one knows {known}); use that server's version")]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Its schema's version.
        found: usize,
        /// The newest version known here.
        known: usize,
    },
    /// SQLite's own error.
    #[error("cannot open {path}: {source}")]
    Database {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: rusqlite::Error,
    },
}

/// A connection that may write.
pub(super) fn writer(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    // Acknowledged means synced, and deleted means overwritten; checkpoints have a connection of their own.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON;
         PRAGMA wal_autocheckpoint = 0; PRAGMA mmap_size = 0; PRAGMA busy_timeout = 5000; PRAGMA cache_size = -8000;
         PRAGMA journal_size_limit = 67108864;",
    )?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// A connection that only reads.
pub(super) fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.execute_batch("PRAGMA mmap_size = 0; PRAGMA busy_timeout = 5000; PRAGMA cache_size = -4000;")?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Whether the version of SQLite in this program keeps data safe.
pub(super) fn is_library_safe() -> bool {
    rusqlite::version_number() >= OLDEST_SQLITE
}

/// Opens the database for writing and migrates it to the newest schema.
pub(super) fn prepare(path: &Path, new_epoch: &str, now_ms: i64) -> Result<(Connection, String), OpenError> {
    if !is_library_safe() {
        return Err(OpenError::OldLibrary { found: rusqlite::version() });
    }
    let database = |source| OpenError::Database { path: path.to_owned(), source };
    private_file(path).map_err(|source| FolderError::Io { path: path.to_owned(), source })?;
    let mut connection = writer(path).map_err(database)?;
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(database)?;
    let found = usize::try_from(found).unwrap_or(usize::MAX);
    if found > MIGRATIONS.len() {
        return Err(OpenError::TooNew { path: path.to_owned(), found, known: MIGRATIONS.len() });
    }
    migrate(&mut connection, found, new_epoch, now_ms).map_err(database)?;
    let epoch = connection
        .query_row("SELECT value FROM meta WHERE name = 'epoch'", [], |row| row.get(0))
        .optional()
        .map_err(database)?
        .unwrap_or_else(|| new_epoch.to_owned());
    Ok((connection, epoch))
}

fn migrate(connection: &mut Connection, found: usize, new_epoch: &str, now_ms: i64) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    for migration in &MIGRATIONS[found..] {
        transaction.execute_batch(migration)?;
    }
    if found == 0 {
        transaction.execute("INSERT INTO meta VALUES ('epoch', ?1)", [new_epoch])?;
        transaction.execute(
            "INSERT INTO room (kind, name, skeleton, created_at, created_by) VALUES (0, 'general', ?1, ?2, 0)",
            rusqlite::params![general_skeleton(), now_ms],
        )?;
    }
    transaction.pragma_update(None, "user_version", MIGRATIONS.len() as i64)?;
    transaction.commit()
}

fn general_skeleton() -> String {
    let name: chat_proto::text::RoomName = "general".parse().expect("invariant: `general` is a room's name");
    name.skeleton()
}

/// The file is private to its owner; SQLite gives its log and index the same rights.
fn private_file(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::File::options().create(true).append(true).mode(0o600).open(path).map(drop)
}
