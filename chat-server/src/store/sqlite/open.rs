//! Opens the database, or makes it: its settings and the versions of its schema. Must not know what the tables are used for.

use std::fs::File;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::folder::FolderError;
use super::form::{self, FormError, RESTORING, beside};

/// The ends of the files that SQLite keeps beside a database.
pub(super) const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];
/// The end of a database that is being made.
const NEW: &str = ".new";

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
    include_str!("migrations/0007_orphans.sql"),
    include_str!("migrations/0008_refused_changes.sql"),
    include_str!("migrations/0009_runs.sql"),
    include_str!("migrations/0010_unread.sql"),
    include_str!("migrations/0011_bodies.sql"),
    include_str!("migrations/0012_mentions.sql"),
    include_str!("migrations/0013_pruned.sql"),
    include_str!("migrations/0014_join_runs.sql"),
    include_str!("migrations/0015_search.sql"),
    include_str!("migrations/0016_room_tip.sql"),
    include_str!("migrations/0017_pruned_runs.sql"),
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
    /// The file is not a whole database of a version known here.
    #[error("{form}")]
    Form {
        /// What is wrong with it.
        form: FormError,
    },
    /// SQLite's own error.
    #[error("cannot open {path}")]
    Database {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: rusqlite::Error,
    },
}

impl OpenError {
    /// The next step of an operator, if one usually helps.
    pub fn advice(&self) -> Option<&'static str> {
        match self {
            Self::Folder(error) => error.advice(),
            Self::Form { form } => Some(advice(form)),
            Self::OldLibrary { .. } | Self::Database { .. } => None,
        }
    }

    /// The meaning of SQLite's error for a file that is being opened.
    fn of(path: &Path, source: rusqlite::Error) -> Self {
        match FormError::of(path, source) {
            FormError::Unreadable { path, error } => Self::Database { path, source: error },
            form => Self::Form { form },
        }
    }
}

impl From<FormError> for OpenError {
    fn from(form: FormError) -> Self {
        Self::Form { form }
    }
}

/// Says what to do about a file that is not a usable database.
fn advice(form: &FormError) -> &'static str {
    match form {
        FormError::TooNew { .. } => "use that server's version, or restore a backup made before the upgrade",
        FormError::Empty { .. }
        | FormError::Missing { .. }
        | FormError::NotADatabase { .. }
        | FormError::NoTables { .. }
        | FormError::Incomplete { .. }
        | FormError::Damaged { .. }
        | FormError::DamagedItems { .. } => {
            "nothing was changed. Restore a backup (chat-server restore FILE --data DIR --force; your own server: chat local \
             restore FILE --force), or move the files away to begin with an empty server. A copy made with cp is whole \
             only if the server was stopped and all files were copied"
        }
        FormError::Unreadable { .. } | FormError::Io { .. } => {
            "the user the server runs as needs to read and write it and its folder"
        }
    }
}

/// A connection that may write.
pub(super) fn writer(path: &Path) -> rusqlite::Result<Connection> {
    let connection = connect(path)?;
    prepare_writer(&connection)?;
    Ok(connection)
}

/// Opens an existing file, and nothing more: its settings are as SQLite's defaults.
pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}

fn prepare_writer(connection: &Connection) -> rusqlite::Result<()> {
    // Acknowledged means synced, and deleted means overwritten; checkpoints have a connection of their own.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON;
         PRAGMA wal_autocheckpoint = 0; PRAGMA mmap_size = 0; PRAGMA busy_timeout = 5000; PRAGMA cache_size = -8000;
         PRAGMA journal_size_limit = 67108864;",
    )?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
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

/// Opens the database for writing and migrates it to the newest schema. Makes it if neither it nor a part of it is there.
///
/// # Errors
/// If something is there that is not a whole database: an empty server never takes the place of a former one.
pub(super) fn prepare(path: &Path, new_epoch: &str, now_ms: i64) -> Result<(Connection, String), OpenError> {
    if !is_library_safe() {
        return Err(OpenError::OldLibrary { found: rusqlite::version() });
    }
    let database = |error| OpenError::of(path, error);
    let io = |error| OpenError::Folder(FolderError::Io { path: path.to_owned(), error });
    if form::is_there(path)? {
        // A restore that was killed before it changed anything.
        remove_with_companions(&beside(path, RESTORING)).map_err(io)?;
    } else {
        create(path, new_epoch, now_ms)?;
    }
    let mut connection = connect(path).map_err(database)?;
    let form = form::check(&connection, path, MIGRATIONS.len())?;
    prepare_writer(&connection).map_err(database)?;
    migrate(&mut connection, form.version, new_epoch, now_ms).map_err(database)?;
    renew_pages(&connection);
    Ok((connection, form.epoch))
}

/// Makes the database under another name first, so that the file is whole whenever it is there.
fn create(path: &Path, new_epoch: &str, now_ms: i64) -> Result<(), OpenError> {
    let new = beside(path, NEW);
    let io = |error| OpenError::Folder(FolderError::Io { path: path.to_owned(), error });
    let database = |source| OpenError::Database { path: path.to_owned(), source };
    remove_with_companions(&new).map_err(io)?;
    drop(private_file(&new).map_err(io)?);
    let mut connection = connect(&new).map_err(database)?;
    connection.execute_batch("PRAGMA journal_mode = MEMORY").map_err(database)?;
    migrate(&mut connection, 0, new_epoch, now_ms).map_err(database)?;
    drop(connection);
    install(&new, path).map_err(io)
}

/// Gives a finished file its name, so that both are on disk.
pub(super) fn install(new: &Path, path: &Path) -> std::io::Result<()> {
    File::open(new)?.sync_all()?;
    std::fs::rename(new, path)?;
    sync_folder(path)
}

/// Writes the names in the folder of `path` to disk.
pub(super) fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// Removes a database that nobody uses.
pub(super) fn remove_with_companions(path: &Path) -> std::io::Result<()> {
    let companions = COMPANIONS.iter().map(|end| beside(path, end));
    for file in std::iter::once(path.to_owned()).chain(companions) {
        match std::fs::remove_file(file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

fn migrate(connection: &mut Connection, found: usize, new_epoch: &str, now_ms: i64) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    for migration in &MIGRATIONS[found..] {
        transaction.execute_batch(migration)?;
    }
    if found == 0 {
        transaction.execute("DELETE FROM meta WHERE name = 'renew_pages'", [])?;
        transaction.execute("INSERT INTO meta VALUES ('epoch', ?1)", [new_epoch])?;
        transaction.execute(
            "INSERT INTO room (kind, name, skeleton, created_at, created_by) VALUES (0, 'general', ?1, ?2, 0)",
            rusqlite::params![general_skeleton(), now_ms],
        )?;
    }
    transaction.pragma_update(None, "user_version", MIGRATIONS.len() as i64)?;
    transaction.commit()
}

/// Writes every page anew if a migration asked for it, so that no page keeps remains of former rows. A failure (a full disk)
/// leaves that to the next start.
fn renew_pages(connection: &Connection) {
    let renew = || -> rusqlite::Result<()> {
        let query = "SELECT count(*) FROM meta WHERE name = 'renew_pages'";
        if connection.query_row(query, [], |row| row.get::<_, i64>(0))? > 0 {
            connection.execute_batch("VACUUM; DELETE FROM meta WHERE name = 'renew_pages'")?;
        }
        Ok(())
    };
    if let Err(error) = renew() {
        tracing::warn!(%error, "texts deleted before the update may still be in the database's file; trying at the next start");
    }
}

fn general_skeleton() -> String {
    let name: chat_proto::text::RoomName = "general".parse().expect("invariant: `general` is a room's name");
    name.skeleton()
}

/// Makes a file that is private to its owner; SQLite gives its log and index the same rights.
pub(super) fn private_file(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    File::options().create_new(true).read(true).write(true).mode(0o600).open(path)
}
