//! The exit codes that scripts depend on, and the errors that carry them. Must not know how they are printed.

use std::process::ExitCode;

use chat_proto::error::{ErrorBody, ErrorCode};

use crate::link_event::{CallError, NetError};
use crate::net::{AddressError, FollowError};
use crate::text::io_reason;

/// The documented exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// Any other failure.
    Failed = 1,
    /// Wrong usage or invalid input.
    Usage = 2,
    /// The server cannot be reached.
    Unreachable = 3,
    /// Not signed in.
    NotSignedIn = 4,
    /// Not found, or not allowed.
    NotFound = 5,
    /// Too many requests.
    RateLimited = 6,
    /// Timed out, or nothing matched.
    TimedOut = 7,
    /// Interrupted from the keyboard.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// The code of an error: one of the protocol's, or one for errors without a server's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    /// No server answers, or the connection broke.
    Unreachable,
    /// A wait reached its timeout.
    TimedOut,
    /// A code of the protocol.
    Protocol(ErrorCode),
}

impl Code {
    /// Returns whether the same command may succeed later.
    fn is_retryable(self) -> bool {
        match self {
            Self::Unreachable | Self::TimedOut => true,
            Self::Protocol(code) => code.is_retryable(),
        }
    }
}

/// The reason a command failed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct ErrorReport {
    /// The reason.
    pub code: Code,
    /// The event, its object, and the user's next step.
    pub message: String,
    /// Whether the same command may succeed later.
    pub retryable: bool,
    /// The time until the next try, in milliseconds.
    pub retry_after_ms: Option<u64>,
    /// The field at fault, if any.
    pub field: Option<String>,
    /// The message it is about, if the command names several.
    pub id: Option<String>,
}

impl ErrorReport {
    /// A report that is retryable if its code is.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            retryable: code.is_retryable(),
            retry_after_ms: None,
            field: None,
            id: None,
        }
    }
}

impl From<ErrorBody> for ErrorReport {
    fn from(body: ErrorBody) -> Self {
        let ErrorBody { code, message, retryable, retry_after_ms, field } = body;
        Self { code: Code::Protocol(code), message, retryable, retry_after_ms, field, id: None }
    }
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    /// A failure to report.
    #[error("{report}")]
    Failed {
        /// The exit code.
        exit: Exit,
        /// The report to print.
        report: ErrorReport,
    },
    /// The reader of standard output has gone away; prints nothing.
    #[error("output closed")]
    OutputClosed,
    /// Exits with this status and prints nothing: the error was printed already, or the status is another program's.
    #[error("exit status {0}")]
    Status(u8),
}

impl CliError {
    /// Invalid input: exit 2.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::with(Exit::Usage, ErrorCode::BadRequest, message)
    }

    /// A failure on this machine: exit 1.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::with(Exit::Failed, ErrorCode::Internal, message)
    }

    /// Not found, or hidden from this account: exit 5.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::with(Exit::NotFound, ErrorCode::NotFound, message)
    }

    /// No server answers: exit 3.
    pub fn unreachable(message: impl Into<String>) -> Self {
        Self::Failed { exit: Exit::Unreachable, report: ErrorReport::new(Code::Unreachable, message) }
    }

    /// A timeout: exit 7.
    pub fn timed_out(message: impl Into<String>) -> Self {
        Self::Failed { exit: Exit::TimedOut, report: ErrorReport::new(Code::TimedOut, message) }
    }

    /// An error with an exit code and a protocol code.
    pub fn with(exit: Exit, code: ErrorCode, message: impl Into<String>) -> Self {
        Self::Failed { exit, report: ErrorReport::new(Code::Protocol(code), message) }
    }

    /// Whether the server refused with this code.
    pub fn is(&self, code: ErrorCode) -> bool {
        matches!(self, Self::Failed { report, .. } if report.code == Code::Protocol(code))
    }

    /// Whether no server answered.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Failed { exit: Exit::Unreachable, .. })
    }

    /// The same error with another message.
    #[must_use]
    pub fn with_message(self, rewrite: impl FnOnce(&str) -> String) -> Self {
        match self {
            Self::Failed { exit, mut report } => {
                report.message = rewrite(&report.message);
                Self::Failed { exit, report }
            }
            other => other,
        }
    }
}

impl From<ErrorBody> for CliError {
    fn from(body: ErrorBody) -> Self {
        Self::Failed { exit: exit_for(body.code), report: body.into() }
    }
}

impl From<std::io::Error> for CliError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::OutputClosed,
            _ => Self::failed(io_reason(&error)),
        }
    }
}

impl From<NetError> for CliError {
    fn from(error: NetError) -> Self {
        match error {
            NetError::Refused(body) => body.into(),
            NetError::SignInNeeded | NetError::SignedOut => {
                Self::with(Exit::NotSignedIn, ErrorCode::AuthFailed, error.to_string())
            }
            NetError::Unreachable { .. }
            | NetError::NotAChatServer { .. }
            | NetError::Untrusted { .. }
            | NetError::Closed { .. } => Self::unreachable(error.to_string()),
        }
    }
}

impl From<AddressError> for CliError {
    fn from(error: AddressError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<FollowError> for CliError {
    fn from(error: FollowError) -> Self {
        match error {
            FollowError::Link(error) => error.into(),
            FollowError::Call(error) => error.into(),
        }
    }
}

impl From<CallError> for CliError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused(body) => body.into(),
            CallError::Disconnected | CallError::Unanswered { .. } => Self::unreachable(error.to_string()),
            CallError::Unreadable(_) => Self::failed(error.to_string()),
        }
    }
}

/// Returns the exit code for a server's refusal.
fn exit_for(code: ErrorCode) -> Exit {
    match code {
        ErrorCode::AuthRequired | ErrorCode::AuthFailed | ErrorCode::RegistrationClosed => Exit::NotSignedIn,
        ErrorCode::BadFrame | ErrorCode::UnknownType | ErrorCode::BadRequest | ErrorCode::TooLarge => Exit::Usage,
        ErrorCode::NotFound | ErrorCode::NotAllowed | ErrorCode::NotMember => Exit::NotFound,
        ErrorCode::RateLimited | ErrorCode::Repeated | ErrorCode::TooMany => Exit::RateLimited,
        ErrorCode::ShuttingDown => Exit::Unreachable,
        // Right usage, but the state of the server is against it: the code tells a script what it is.
        ErrorCode::KeyReused
        | ErrorCode::NameTaken
        | ErrorCode::VersionUnsupported
        | ErrorCode::ChainBroken
        | ErrorCode::Busy
        | ErrorCode::StorageFailed
        | ErrorCode::LiveUnavailable
        | ErrorCode::EphemeralFull
        | ErrorCode::Internal => Exit::Failed,
    }
}
