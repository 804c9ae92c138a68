//! SQLite's errors as the ports' errors. Must not know which statement failed: the caller says what a constraint means.

use rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE;
use rusqlite::{Error, ErrorCode};

use crate::store::StoreError;

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::damaged(error),
            Some(_) | None => Self::failed(error),
        }
    }
}

/// Why a write was not kept although its statements succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TransactionError {
    /// A full disk or a read fault ended the transaction.
    #[error("the transaction was rolled back")]
    RolledBack,
    /// The transaction had ended before this write was tried.
    #[error("a write before it ended the transaction")]
    NotTried,
    /// The commit reported success, and the transaction was still open.
    #[error("the commit did not end the transaction")]
    StillOpen,
}

impl From<TransactionError> for StoreError {
    fn from(error: TransactionError) -> Self {
        Self::failed(error)
    }
}

/// The error of a statement whose only `UNIQUE` columns are a name and its skeleton.
pub(super) fn of_naming(error: Error) -> StoreError {
    match error.sqlite_error().map(|error| error.extended_code) {
        Some(SQLITE_CONSTRAINT_UNIQUE) => StoreError::name_refused(error),
        Some(_) | None => error.into(),
    }
}
