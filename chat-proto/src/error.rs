//! Errors on the wire: the closed set of codes, and the body that carries one. Must not know who answers with which
//! code.

use serde::{Deserialize, Serialize};

/// The reason for a refusal. The set is closed: a new code is a new protocol feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Not signed in; send `hello` first.
    AuthRequired,
    /// The name, password or token is wrong or revoked; the error never says which.
    AuthFailed,
    /// Registration needs an invitation or is closed.
    RegistrationClosed,
    /// This server does not speak the client's protocol version.
    VersionUnsupported,
    /// The frame is not a JSON object with a `type`, or not text.
    BadFrame,
    /// This server does not know the `type`.
    UnknownType,
    /// A field is missing, of the wrong type or out of range; `field` names it if it is known.
    BadRequest,
    /// The frame or a text in it is longer than the limits of `welcome` allow.
    TooLarge,
    /// It does not exist, or is hidden from this account.
    NotFound,
    /// This account may see it, but not do this to it.
    NotAllowed,
    /// Only members may do this; join first.
    NotMember,
    /// The name, or one that looks like it, is taken.
    NameTaken,
    /// The key was used before for another text or room.
    KeyReused,
    /// An earlier post of this chain was refused; start a new one with `restart`.
    ChainBroken,
    /// Too many requests; `retry_after_ms` says when to send the next.
    RateLimited,
    /// The same text too often; `retry_after_ms` says when it will be accepted.
    Repeated,
    /// Too many connections, failed sign-ins or sign-ins at once from this account or address.
    TooMany,
    /// The room or the store is overloaded; try again.
    Busy,
    /// The database could not be written; nothing was accepted.
    StorageFailed,
    /// Ephemeral messages cannot be accepted at the moment; persistent ones can.
    LiveUnavailable,
    /// Ephemeral messages of this account, this room or the server take all the memory they may; the message says whose and
    /// what helps.
    EphemeralFull,
    /// The server is shutting down; reconnect.
    ShuttingDown,
    /// A fault in the server; it is in the log.
    Internal,
}

impl ErrorCode {
    /// Every code, for documentation and tests.
    pub const ALL: [Self; 23] = [
        Self::AuthRequired,
        Self::AuthFailed,
        Self::RegistrationClosed,
        Self::VersionUnsupported,
        Self::BadFrame,
        Self::UnknownType,
        Self::BadRequest,
        Self::TooLarge,
        Self::NotFound,
        Self::NotAllowed,
        Self::NotMember,
        Self::NameTaken,
        Self::KeyReused,
        Self::ChainBroken,
        Self::RateLimited,
        Self::Repeated,
        Self::TooMany,
        Self::Busy,
        Self::StorageFailed,
        Self::LiveUnavailable,
        Self::EphemeralFull,
        Self::ShuttingDown,
        Self::Internal,
    ];

    /// Whether the same request may succeed later.
    pub fn is_retryable(self) -> bool {
        match self {
            Self::RateLimited
            | Self::Repeated
            | Self::TooMany
            | Self::Busy
            | Self::StorageFailed
            | Self::LiveUnavailable
            | Self::ShuttingDown => true,
            Self::AuthRequired
            | Self::AuthFailed
            | Self::RegistrationClosed
            | Self::VersionUnsupported
            | Self::BadFrame
            | Self::UnknownType
            | Self::BadRequest
            | Self::TooLarge
            | Self::NotFound
            | Self::NotAllowed
            | Self::NotMember
            | Self::NameTaken
            | Self::KeyReused
            | Self::ChainBroken
            | Self::EphemeralFull
            | Self::Internal => false,
        }
    }
}

/// The body of an `error`. Holds no time and nothing of the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct ErrorBody {
    /// The reason.
    pub code: ErrorCode,
    /// One sentence for a person: what happened and what to do next.
    pub message: String,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// When to try again, in milliseconds from now; only for retryable codes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// The field at fault, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

impl ErrorBody {
    /// An error with the retry rule of its code.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retryable: code.is_retryable(), retry_after_ms: None, field: None }
    }

    /// The error with the field at fault.
    #[must_use]
    pub fn at_field(mut self, field: &str) -> Self {
        self.field = Some(field.to_owned());
        self
    }

    /// The error with the time to try again.
    #[must_use]
    pub fn retry_after(mut self, ms: u64) -> Self {
        self.retry_after_ms = Some(ms);
        self
    }
}
