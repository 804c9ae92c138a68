//! Why the cache cannot be used. Must not know what is stored.

use std::path::PathBuf;

use crate::text::io_reason;

/// Why the cache cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// A file or folder cannot be used.
    #[error("cannot use {path}: {}", io_reason(.source))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The file is no database, or a damaged one.
    #[error("{path} is damaged: {source}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// SQLite's reason.
        source: rusqlite::Error,
    },
    /// SQLite failed.
    #[error("the cache cannot be used: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

/// Whether an error means that the file is no database, or a damaged one.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::NotADatabase | rusqlite::ErrorCode::DatabaseCorrupt))
}
