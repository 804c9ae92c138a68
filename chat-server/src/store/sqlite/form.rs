//! Checks that a file is a whole database of this program: that it is there, SQLite's, complete, of a known form and, if
//! asked, undamaged. Must not know who asks, or change the file.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OptionalExtension};

use super::damaged_items;

/// The first bytes of every SQLite file.
const MAGIC: &[u8] = b"SQLite format 3\0";
/// The length of its header.
const HEADER: usize = 100;
/// SQLite's own allowance for a file that a killed checkpoint left shorter than its first page says.
const SLACK_BYTES: u64 = 65_536;
/// The end of a database that is being restored.
pub(super) const RESTORING: &str = ".restoring";
/// The most faults that are named.
const FAULTS: usize = 3;
/// The most damaged items that are named.
const ITEMS_NAMED: usize = 10;

/// Why a file is not a usable database.
#[derive(Debug, thiserror::Error)]
pub enum FormError {
    /// It has no bytes.
    #[error("{path} is empty")]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// It is missing beside a file that belongs to it.
    #[error("{path} is missing, although {beside} is there")]
    Missing {
        /// The file.
        path: PathBuf,
        /// What is there.
        beside: PathBuf,
    },
    /// Another kind of file.
    #[error("{path} is not a SQLite database")]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// A SQLite database without a server's tables.
    #[error("{path} does not contain the tables of a chat server")]
    NoTables {
        /// The file.
        path: PathBuf,
    },
    /// Its end is missing.
    #[error("{path} is incomplete: {found} of {expected} bytes are there")]
    Incomplete {
        /// The file.
        path: PathBuf,
        /// Its length.
        found: u64,
        /// The length that its first page says.
        expected: u64,
    },
    /// Some of its pages are damaged.
    #[error("{path} is damaged: {faults}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite found.
        faults: String,
    },
    /// Some of its items cannot be read.
    #[error("{path}: {count} damaged messages: {first}")]
    DamagedItems {
        /// The file.
        path: PathBuf,
        /// How many there are, or the most that are counted.
        count: usize,
        /// The first of them.
        first: String,
    },
    /// A newer server wrote it.
    #[error(
        "{path} was written by a newer server: it has schema version {found}, and this program supports up to {known}"
    )]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Its schema's version.
        found: usize,
        /// The newest version known here.
        known: usize,
    },
    /// It cannot be opened or read.
    #[error("cannot read {path}: {error}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: rusqlite::Error,
    },
    /// The file system refuses it.
    #[error("cannot read {path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: std::io::Error,
    },
}

impl FormError {
    /// The meaning of SQLite's error for a file.
    pub(super) fn of(path: &Path, error: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::NotADatabase { path },
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged { path, faults: error.to_string() },
            Some(_) | None => Self::Unreadable { path, error },
        }
    }

    fn io(path: &Path, error: std::io::Error) -> Self {
        Self::Io { path: path.to_owned(), error }
    }

    /// Whether a check was ended before it was done.
    pub(super) fn is_interrupted(&self) -> bool {
        matches!(self, Self::Unreadable { error, .. }
            if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted))
    }
}

/// The form of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Form {
    /// The version of its schema.
    pub(super) version: usize,
    /// The name of its data's life.
    pub(super) epoch: String,
}

/// Returns the log of the database `path`.
pub(super) fn log_of(path: &Path) -> PathBuf {
    beside(path, "-wal")
}

/// Returns the file whose name is that of `path` with this end.
pub(super) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Returns whether the database `path` is there, with a whole header and its whole length.
///
/// This looks at the files before SQLite does, for SQLite takes an empty file for a new database and deletes its log. It may
/// only be called before SQLite opens the file in this process: closing any handle of a file ends SQLite's locks on it.
///
/// # Errors
/// If something is there that is not a whole database.
pub(super) fn is_there(path: &Path) -> Result<bool, FormError> {
    let log_bytes = std::fs::metadata(log_of(path)).map_or(0, |found| found.len());
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let restoring = beside(path, RESTORING);
            let left = if log_bytes > 0 { Some(log_of(path)) } else { Some(restoring).filter(|left| left.exists()) };
            return left.map_or(Ok(false), |beside| Err(FormError::Missing { path: path.to_owned(), beside }));
        }
        Err(error) => return Err(FormError::io(path, error)),
    };
    let found = file.metadata().map_err(|error| FormError::io(path, error))?.len();
    if found == 0 {
        return Err(FormError::Empty { path: path.to_owned() });
    }
    let mut header = [0; HEADER];
    match file.read_exact(&mut header) {
        Ok(()) if header.starts_with(MAGIC) => {}
        Err(error) if error.kind() != ErrorKind::UnexpectedEof => return Err(FormError::io(path, error)),
        Ok(()) | Err(_) => return Err(FormError::NotADatabase { path: path.to_owned() }),
    }
    // A killed checkpoint leaves a short file, whose missing pages are still in the log.
    let in_log = if log_bytes == 0 { 0 } else { log_bytes + SLACK_BYTES };
    match bytes_in(&header) {
        Some(expected) if expected > found + in_log => {
            Err(FormError::Incomplete { path: path.to_owned(), found, expected })
        }
        Some(_) | None => Ok(true),
    }
}

/// Returns the length of a database by its header; `None` if the header does not say. The places of its fields are in
/// SQLite's description of its file format.
fn bytes_in(header: &[u8; HEADER]) -> Option<u64> {
    let number = |at: usize| header[at..at + 4].iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    let page_size = match number(14) & 0xffff {
        1 => 65_536,
        size => size,
    };
    (number(24) == number(92)).then(|| number(28) * page_size)
}

/// Checks the tables and the schema's version. `known` is the newest version known here.
pub(super) fn check(connection: &Connection, path: &Path, known: usize) -> Result<Form, FormError> {
    let of = |error| FormError::of(path, error);
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(of)?;
    let version = usize::try_from(version).unwrap_or(usize::MAX);
    if version > known {
        return Err(FormError::TooNew { path: path.to_owned(), found: version, known });
    }
    let no_tables = || FormError::NoTables { path: path.to_owned() };
    let is_ours = "SELECT count(*) = 3 FROM sqlite_schema WHERE type = 'table' AND name IN ('meta', 'room', 'item')";
    if version == 0 || !connection.query_row(is_ours, [], |row| row.get::<_, bool>(0)).map_err(of)? {
        return Err(no_tables());
    }
    let epoch = connection.query_row("SELECT value FROM meta WHERE name = 'epoch'", [], |row| row.get(0));
    let epoch = epoch.optional().map_err(of)?.ok_or_else(no_tables)?;
    Ok(Form { version, epoch })
}

/// Reads every page and checks how they fit together.
pub(super) fn check_pages(connection: &Connection, path: &Path) -> Result<(), FormError> {
    let read = || -> rusqlite::Result<Vec<String>> {
        let mut check = connection.prepare(&format!("PRAGMA quick_check({FAULTS})"))?;
        check.query_map([], |row| row.get(0))?.collect()
    };
    let faults = read().map_err(|error| FormError::of(path, error))?;
    if faults.iter().all(|fault| fault == "ok") {
        return Ok(());
    }
    let lines = faults.iter().flat_map(|fault| fault.lines()).filter(|line| !line.starts_with("***"));
    let faults = lines.take(FAULTS).collect::<Vec<_>>().join("; ");
    Err(FormError::Damaged { path: path.to_owned(), faults })
}

/// Damaged messages, as an operator finds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DamagedMessages {
    /// How many, as far as they are listed.
    pub count: usize,
    /// The first ones: `general/12, general/17`.
    pub first: String,
}

/// Reads every item.
pub(super) fn check_items(connection: &Connection, path: &Path) -> Result<(), FormError> {
    match damaged_messages(connection, path)? {
        None => Ok(()),
        Some(DamagedMessages { count, first }) => Err(FormError::DamagedItems { path: path.to_owned(), count, first }),
    }
}

/// Reads every item. Returns the damaged ones, if there are any.
pub(super) fn damaged_messages(connection: &Connection, path: &Path) -> Result<Option<DamagedMessages>, FormError> {
    let damaged = damaged_items::find(connection).map_err(|error| FormError::of(path, error))?;
    if damaged.is_empty() {
        return Ok(None);
    }
    let mut first = damaged.iter().take(ITEMS_NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    if damaged.len() > ITEMS_NAMED {
        first.push_str(", …");
    }
    Ok(Some(DamagedMessages { count: damaged.len(), first }))
}
