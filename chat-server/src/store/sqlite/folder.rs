//! The data folder: private to its owner, and held by one process at a time. Must not know the database in it.

use std::fs::{File, TryLockError};
use std::io::{Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};

use super::holder::{Holder, LOCK, last_holder};
use super::whereabouts::Named;

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It cannot be created or written to.
    #[error("cannot use the data folder {path}: {error}")]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// The cause; not its source, as the message names it already.
        error: std::io::Error,
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
            Self::Io { .. } => {
                Some("let the user the server runs as write to it, or choose another folder with --data")
            }
            Self::InUse { .. } => Some("stop that one, or choose another folder with --data"),
        }
    }
}

/// A check whether the folder is held takes its locks for a moment; a starting server waits that long.
const LOOKED_AT: Duration = Duration::from_millis(200);
const RETRY_EVERY: Duration = Duration::from_millis(5);

/// A held data folder; released when dropped.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    // The locks end with the files. The folder's own holds if the file `lock` was removed.
    _itself: File,
    lock: File,
}

impl Folder {
    /// Creates the folder if it is missing, and holds it.
    pub(super) fn hold(path: &Path) -> Result<Self, FolderError> {
        let lock_path = path.join(LOCK);
        let io = |path: &Path, error| FolderError::Io { path: path.to_owned(), error };
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|e| io(path, e))?;
        let itself = hold_itself(path)?;
        let open = File::options().create(true).truncate(false).read(true).write(true).mode(0o600).open(&lock_path);
        let lock = open.map_err(|e| io(&lock_path, e))?;
        match unless_looked_at(|| lock.try_lock()) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(in_use(path)),
            Err(TryLockError::Error(e)) => return Err(io(&lock_path, e)),
        }
        let held = Self { path: path.to_owned(), _itself: itself, lock };
        held.name_addresses(&[]).map_err(|e| io(&lock_path, e))?;
        Ok(held)
    }

    /// Says in the lock where this process takes connections.
    pub(super) fn name_addresses(&self, addresses: &[String]) -> std::io::Result<()> {
        let mut lock = &self.lock;
        lock.set_len(0)?;
        lock.rewind()?;
        // One write: a reader sees all of it or nothing.
        lock.write_all(Holder::this_process(addresses).text().as_bytes())
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
fn hold_itself(path: &Path) -> Result<File, FolderError> {
    let folder = File::open(path).map_err(|error| FolderError::Io { path: path.to_owned(), error })?;
    let taken = unless_looked_at(|| match flock(&folder, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(TryLockError::WouldBlock),
        Err(error) => Err(TryLockError::Error(error.into())),
    });
    match taken {
        Ok(()) => Ok(folder),
        Err(TryLockError::WouldBlock) => Err(in_use(path)),
        Err(TryLockError::Error(error)) => {
            // Some network file systems lock files only. The lock in the folder still counts there.
            tracing::debug!(path = %path.display(), %error, "the folder itself cannot be locked");
            Ok(folder)
        }
    }
}

/// Tries to take a lock for as long as somebody may only be looking at it.
fn unless_looked_at(take: impl Fn() -> Result<(), TryLockError>) -> Result<(), TryLockError> {
    let limit = Instant::now() + LOOKED_AT;
    loop {
        match take() {
            Err(TryLockError::WouldBlock) if Instant::now() < limit => std::thread::sleep(RETRY_EVERY),
            taken => return taken,
        }
    }
}

fn in_use(path: &Path) -> FolderError {
    let owner = last_holder(path).unwrap_or_default().to_string();
    FolderError::InUse { path: path.to_owned(), owner }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_at_a_free_folder_keeps_no_server_from_starting() {
        let folder = tempfile::tempdir().expect("a folder");
        drop(Folder::hold(folder.path()).expect("free"));
        let looking = File::open(folder.path().join(LOCK)).expect("a lock");
        looking.try_lock_shared().expect("free");
        let looked = std::thread::spawn(move || {
            std::thread::sleep(LOOKED_AT / 4);
            drop(looking);
        });
        Folder::hold(folder.path()).expect("it waits for the look to end");
        looked.join().expect("it ends");
    }
}
