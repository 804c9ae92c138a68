//! Copies the database of a running server into one checked file. It holds one read transaction, so that the copy ends
//! however much is written meanwhile. Must not know how progress is shown, or take the folder's lock.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::form::{self, DamagedMessages, FormError, beside};
use super::open::{self, MIGRATIONS};

/// Pages that are copied between two reports.
const STEP_PAGES: i32 = 256;
/// The end of a backup's name until it is whole.
const PARTIAL: &str = ".partial";

/// How far a copy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// So much is copied.
    Copied {
        /// Bytes copied.
        bytes: u64,
        /// Bytes of all of it.
        of_bytes: u64,
    },
    /// The copy is being checked.
    Checking,
}

/// A finished copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Its length.
    pub bytes: u64,
    /// The version of its schema.
    pub form: usize,
    /// The messages in it that are damaged, if there are any.
    pub damaged: Option<DamagedMessages>,
}

/// Why there is no backup. No file of its name was made or changed.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The folder has no database.
    #[error("there is no database in {folder}; name the server's data folder with --data")]
    NoDatabase {
        /// The folder.
        folder: PathBuf,
    },
    /// The file exists.
    #[error("{file} exists; choose another name, or replace it with --force")]
    Exists {
        /// The file.
        file: PathBuf,
    },
    /// Something that is no plain file has its name.
    #[error("{file} is not a plain file; choose another name")]
    NotAFile {
        /// The path.
        file: PathBuf,
    },
    /// It would be in the data folder.
    #[error("{file} would be in the data folder, and be lost with it; choose another folder")]
    Inside {
        /// The file.
        file: PathBuf,
    },
    /// Another backup writes the same file.
    #[error("another backup is writing {file}; wait for it, or choose another name")]
    BeingWritten {
        /// The file.
        file: PathBuf,
    },
    /// The database cannot be read.
    #[error("cannot back up: {form}")]
    Source {
        /// What is wrong with it.
        form: FormError,
    },
    /// The pages cannot be copied.
    #[error("cannot copy {path} to {file}: {error}")]
    Copying {
        /// The database.
        path: PathBuf,
        /// The backup.
        file: PathBuf,
        /// The cause.
        error: rusqlite::Error,
    },
    /// The copy does not pass the check.
    #[error(
        "the copy was discarded: {form}. If `chat-server doctor` finds the same fault in the database, restore a backup"
    )]
    Check {
        /// What is wrong with it.
        form: FormError,
    },
    /// A file cannot be written.
    #[error("cannot write {file}: {error}")]
    Io {
        /// The file.
        file: PathBuf,
        /// The cause.
        error: std::io::Error,
    },
}

/// Copies the database in `folder` into `file`, which gets its name once it is whole, checked and on disk. It replaces a
/// file only if `is_forced`.
///
/// # Errors
/// See [`BackupError`].
pub fn back_up(
    folder: &Path,
    file: &Path,
    is_forced: bool,
    report: &mut dyn FnMut(Progress),
) -> Result<Copied, BackupError> {
    check_target(folder, file, is_forced)?;
    let path = folder.join("chat.db");
    let unreadable = |form| BackupError::Source { form };
    if !form::is_there(&path).map_err(unreadable)? {
        return Err(BackupError::NoDatabase { folder: folder.to_owned() });
    }
    let source = open::reader(&path).map_err(|error| unreadable(FormError::of(&path, error)))?;
    let mut partial = Partial::create(file)?;
    {
        // The first read begins the transaction's view, and its end lets the log be restarted.
        let view = source.unchecked_transaction().map_err(|error| unreadable(FormError::of(&path, error)))?;
        form::check(&view, &path, MIGRATIONS.len()).map_err(unreadable)?;
        let failed = |error| BackupError::Copying { path: path.clone(), file: file.to_owned(), error };
        copy(&view, &partial.path, report).map_err(failed)?;
    }
    report(Progress::Checking);
    let (form, damaged) = finish(&partial.path).map_err(|form| BackupError::Check { form })?;
    let bytes = partial.lock.metadata().map_err(|error| BackupError::Io { file: file.to_owned(), error })?.len();
    // Another program may have made the file meanwhile.
    check_target(folder, file, is_forced)?;
    partial.keep(file)?;
    Ok(Copied { bytes, form, damaged })
}

fn check_target(folder: &Path, file: &Path, is_forced: bool) -> Result<(), BackupError> {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let (Ok(parent), Ok(folder)) = (parent.canonicalize(), folder.canonicalize())
        && parent == folder
    {
        return Err(BackupError::Inside { file: file.to_owned() });
    }
    match std::fs::symlink_metadata(file) {
        Ok(found) if !found.is_file() => Err(BackupError::NotAFile { file: file.to_owned() }),
        Ok(_) if !is_forced => Err(BackupError::Exists { file: file.to_owned() }),
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(BackupError::Io { file: file.to_owned(), error })
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Copies all pages that `source` sees.
fn copy(source: &Connection, path: &Path, report: &mut dyn FnMut(Progress)) -> rusqlite::Result<()> {
    let mut target = open::connect(path)?;
    // A copy that is interrupted is thrown away.
    target.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")?;
    let page_bytes: u32 = source.pragma_query_value(None, "page_size", |row| row.get(0))?;
    let backup = Backup::new(source, &mut target)?;
    loop {
        let step = backup.step(STEP_PAGES)?;
        let progress = backup.progress();
        let pages = |count: i32| u64::try_from(count).unwrap_or(0);
        let (all, left) = (pages(progress.pagecount), pages(progress.remaining));
        let bytes = |pages: u64| pages * u64::from(page_bytes);
        report(Progress::Copied { bytes: bytes(all - left), of_bytes: bytes(all) });
        match step {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            // Nobody else may use the copy, and the source is only read.
            _ => {
                return Err(rusqlite::Error::SqliteFailure(
                    rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY),
                    None,
                ));
            }
        }
    }
}

/// Makes a copy one self-contained file, and checks all of it. Returns the version of its schema, and the damaged messages in it: they
/// are damaged in the original, too.
pub(super) fn finish(path: &Path) -> Result<(usize, Option<DamagedMessages>), FormError> {
    let of = |error| FormError::of(path, error);
    let connection = open::connect(path).map_err(of)?;
    // No log belongs to it, and none is needed to read it.
    connection.execute_batch("PRAGMA journal_mode = DELETE").map_err(of)?;
    let form = form::check(&connection, path, MIGRATIONS.len())?;
    form::check_pages(&connection, path)?;
    Ok((form.version, form::damaged_messages(&connection, path)?))
}

/// A file that is removed unless it is kept.
struct Partial {
    path: PathBuf,
    /// Held while it is written, so that two backups do not write one file.
    lock: File,
    is_kept: bool,
}

impl Partial {
    fn create(file: &Path) -> Result<Self, BackupError> {
        let path = beside(file, PARTIAL);
        let io = |error| BackupError::Io { file: path.clone(), error };
        if let Ok(former) = File::open(&path) {
            // A backup that was killed has left it, unless it is locked.
            if matches!(former.try_lock(), Err(TryLockError::WouldBlock)) {
                return Err(BackupError::BeingWritten { file: file.to_owned() });
            }
            open::remove_with_companions(&path).map_err(io)?;
        }
        let lock = open::private_file(&path).map_err(io)?;
        // Not every file system has locks.
        let _ = lock.try_lock();
        Ok(Self { path, lock, is_kept: false })
    }

    fn keep(&mut self, file: &Path) -> Result<(), BackupError> {
        let named = open::install(&self.path, file);
        self.is_kept = named.is_ok();
        named.map_err(|error| BackupError::Io { file: file.to_owned(), error })
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.is_kept {
            // It has no other name, and the next backup removes it as well.
            let _ = open::remove_with_companions(&self.path);
        }
    }
}
