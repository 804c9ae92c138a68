//! The data folder: private to its owner, and held by one process at a time. Must not know the database in it.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use super::whereabouts::Named;

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It cannot be created or written to.
    #[error("cannot use the data folder {path}: {source}")]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// Another server holds it.
    #[error("the data folder {path} is in use by another server ({owner})")]
    InUse {
        /// The folder.
        path: PathBuf,
        /// The process that holds it.
        owner: String,
    },
}

impl FolderError {
    /// The next step of an operator, if one usually helps.
    pub fn advice(&self) -> Option<&'static str> {
        match self {
            Self::Io { .. } => None,
            Self::InUse { .. } => Some("stop that one, or choose another folder with --data"),
        }
    }
}

/// The name of the file that says who holds the folder.
pub(super) const LOCK: &str = "lock";

/// A held data folder; released when dropped.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    // The locks end with the files. The folder's own holds if the file `lock` was removed.
    _itself: File,
    _lock: File,
}

impl Folder {
    /// Creates the folder if it is missing, and holds it.
    pub(super) fn hold(path: &Path) -> Result<Self, FolderError> {
        let lock_path = path.join(LOCK);
        let io = |path: &Path, source| FolderError::Io { path: path.to_owned(), source };
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|e| io(path, e))?;
        let itself = hold_itself(path, &lock_path)?;
        let open = File::options().create(true).truncate(false).read(true).write(true).mode(0o600).open(&lock_path);
        let mut lock = open.map_err(|e| io(&lock_path, e))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                let mut owner = String::new();
                // The owner's name is a help; that someone has the lock is certain without it.
                let _ = lock.read_to_string(&mut owner);
                let owner = if owner.is_empty() { "starting just now".to_owned() } else { owner };
                return Err(FolderError::InUse { path: path.to_owned(), owner });
            }
            Err(std::fs::TryLockError::Error(e)) => return Err(io(&lock_path, e)),
        }
        let name_us = |lock: &mut File| {
            lock.set_len(0)?;
            lock.rewind()?;
            write!(lock, "pid {}", std::process::id())
        };
        name_us(&mut lock).map_err(|e| io(&lock_path, e))?;
        Ok(Self { path: path.to_owned(), _itself: itself, _lock: lock })
    }

    /// The database's file.
    pub(super) fn database(&self) -> PathBuf {
        self.path.join("chat.db")
    }

    /// The folder and its lock, as they are now.
    pub(super) fn named(&self) -> std::io::Result<Vec<Named>> {
        [self.path.clone(), self.path.join(LOCK)].iter().map(|path| Named::now(path)).collect()
    }
}

/// Takes the lock of the folder itself, which holds when nobody finds the file `lock` any more.
fn hold_itself(path: &Path, lock_path: &Path) -> Result<File, FolderError> {
    let folder = File::open(path).map_err(|source| FolderError::Io { path: path.to_owned(), source })?;
    match flock(&folder, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(folder),
        Err(rustix::io::Errno::WOULDBLOCK) => {
            let owner = std::fs::read_to_string(lock_path).ok().filter(|owner| !owner.is_empty());
            let owner = owner.unwrap_or_else(|| "a process that does not say which".to_owned());
            Err(FolderError::InUse { path: path.to_owned(), owner })
        }
        Err(error) => {
            // Some network file systems lock files only. The lock in the folder still counts there.
            tracing::debug!(path = %path.display(), %error, "the folder itself cannot be locked");
            Ok(folder)
        }
    }
}
