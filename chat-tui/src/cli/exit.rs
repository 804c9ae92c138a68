//! How a command ends: the exit codes scripts depend on, and the error that carries one.

use std::process::ExitCode;

use chat_proto::error::{ErrorBody, ErrorCode};

use crate::net::{CallError, NetError};

/// The documented exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// It failed for a reason that has no code of its own.
    Failed = 1,
    /// Wrong usage or bad input.
    Usage = 2,
    /// The server cannot be reached.
    Unreachable = 3,
    /// Not signed in.
    NotSignedIn = 4,
    /// Not found, or not allowed.
    NotFound = 5,
    /// Too many requests.
    RateLimited = 6,
    /// Timed out, or no match.
    TimedOut = 7,
    /// Interrupted from the keyboard.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    /// What the server, the network or the input said.
    #[error("{body}")]
    Failed {
        /// The exit code.
        exit: Exit,
        /// Code and sentence, as `--json` prints them.
        body: ErrorBody,
    },
    /// The reader of our standard output went away; not worth a word.
    #[error("output closed")]
    OutputClosed,
    /// Ends with this status without a word: it has been said, or is another program's own.
    #[error("exit status {0}")]
    Status(u8),
}

impl CliError {
    /// Bad input: exit 2.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::with(Exit::Usage, ErrorCode::BadRequest, message)
    }

    /// Something that failed on this machine: exit 1.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::with(Exit::Failed, ErrorCode::Internal, message)
    }

    /// Nothing by that name for this account: exit 5.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::with(Exit::NotFound, ErrorCode::NotFound, message)
    }

    /// An error with its exit code and its protocol code.
    pub fn with(exit: Exit, code: ErrorCode, message: impl Into<String>) -> Self {
        Self::Failed { exit, body: ErrorBody::new(code, message) }
    }
}

impl From<ErrorBody> for CliError {
    fn from(body: ErrorBody) -> Self {
        Self::Failed { exit: exit_for(body.code), body }
    }
}

impl From<std::io::Error> for CliError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::OutputClosed,
            _ => Self::failed(error.to_string()),
        }
    }
}

impl From<NetError> for CliError {
    fn from(error: NetError) -> Self {
        match error {
            NetError::Refused(body) => body.into(),
            NetError::BadAddress { .. } => Self::usage(error.to_string()),
            NetError::Unreachable { .. } | NetError::NotAChatServer { .. } => {
                Self::with(Exit::Unreachable, ErrorCode::Internal, error.to_string())
            }
        }
    }
}

impl From<CallError> for CliError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused(body) => body.into(),
            CallError::Disconnected => Self::with(Exit::Unreachable, ErrorCode::ShuttingDown, error.to_string()),
            CallError::Unreadable(_) => Self::failed(error.to_string()),
        }
    }
}

/// The exit code a server's refusal becomes.
fn exit_for(code: ErrorCode) -> Exit {
    match code {
        ErrorCode::AuthRequired | ErrorCode::AuthFailed | ErrorCode::RegistrationClosed => Exit::NotSignedIn,
        ErrorCode::BadFrame
        | ErrorCode::UnknownType
        | ErrorCode::BadRequest
        | ErrorCode::TooLarge
        | ErrorCode::KeyReused
        | ErrorCode::NameTaken => Exit::Usage,
        ErrorCode::NotFound | ErrorCode::NotAllowed | ErrorCode::NotMember => Exit::NotFound,
        ErrorCode::RateLimited | ErrorCode::Repeated | ErrorCode::TooMany => Exit::RateLimited,
        ErrorCode::ShuttingDown => Exit::Unreachable,
        ErrorCode::VersionUnsupported
        | ErrorCode::ChainBroken
        | ErrorCode::Busy
        | ErrorCode::StorageFailed
        | ErrorCode::LiveUnavailable
        | ErrorCode::Internal => Exit::Failed,
    }
}
