//! Backs up and restores the data of the user's own server. Must not know how a database is copied.

use std::path::Path;

pub use chat_server::backup::Done as CopiedData;
use chat_server::store::sqlite::{BackupError, FolderError, RestoreError};

use super::paths::LocalServer;

/// Why nothing was backed up or restored.
#[derive(Debug, thiserror::Error)]
pub enum LocalCopyError {
    /// The server has never been used.
    #[error("there is nothing to back up: your server has not been started yet")]
    NoData,
    /// A restore needs the folder for itself.
    #[error("your server is running; stop it with `chat local stop` and restore again")]
    IsRunning,
    /// Any other reason for a backup to fail.
    #[error(transparent)]
    Backup(BackupError),
    /// Any other reason for a restore to fail.
    #[error(transparent)]
    Restore(RestoreError),
}

/// Copies the data of `server` into one file, whether it runs or not. Shows progress on a terminal if `is_shown`.
///
/// # Errors
/// If there is no backup then.
pub fn back_up(
    server: &LocalServer,
    file: &Path,
    is_forced: bool,
    is_shown: bool,
) -> Result<CopiedData, LocalCopyError> {
    chat_server::backup::back_up(&server.data, file, is_forced, is_shown).map_err(|error| match error {
        BackupError::NoDatabase { .. } => LocalCopyError::NoData,
        error => LocalCopyError::Backup(error),
    })
}

/// Puts a backup in the place of the data of `server`, which must not run. Shows progress on a terminal if `is_shown`.
///
/// # Errors
/// If nothing is restored then.
pub fn restore(
    server: &LocalServer,
    file: &Path,
    is_forced: bool,
    is_shown: bool,
) -> Result<CopiedData, LocalCopyError> {
    chat_server::backup::restore(&server.data, file, is_forced, is_shown).map_err(|error| match error {
        RestoreError::Folder(FolderError::InUse { .. }) => LocalCopyError::IsRunning,
        error => LocalCopyError::Restore(error),
    })
}
