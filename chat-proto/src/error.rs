//! Errors on the wire: a closed set of codes, and the body that carries one.

use serde::{Deserialize, Serialize};

/// Every reason a server may give. Closed: a new code is a new protocol feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Not signed in: only `hello` is answered.
    AuthRequired,
    /// The name, password or token does not fit, or has been revoked. Never says which.
    AuthFailed,
    /// Registration needs an invitation or is closed.
    RegistrationClosed,
    /// The client's protocol version is not spoken here.
    VersionUnsupported,
    /// The frame is not a JSON object with a `type`, or not text.
    BadFrame,
    /// The `type` is not known here.
    UnknownType,
    /// A field is missing, of the wrong type or out of range; `field` names it where it is known.
    BadRequest,
    /// The frame or a text in it is longer than the limits of `welcome` allow.
    TooLarge,
    /// It does not exist, or this account may not know that it does.
    NotFound,
    /// It is visible to this account, but doing this to it is not allowed.
    NotAllowed,
    /// Only members may do this; join first.
    NotMember,
    /// The name, or one that looks like it, belongs to something else.
    NameTaken,
    /// The key was used before with another text or room.
    KeyReused,
    /// An earlier post of this chain was refused; start a new one with `restart`.
    ChainBroken,
    /// Too many requests; `retry_after_ms` says when the next will pass.
    RateLimited,
    /// The same text again and again; `retry_after_ms` says when it will pass.
    Repeated,
    /// Too many connections, guesses or sign-ins at once from this account or address.
    TooMany,
    /// The room or the store has more to do than it can hold; try again.
    Busy,
    /// The record could not be written; nothing was accepted.
    StorageFailed,
    /// Messages that expire cannot be taken just now; lasting ones can.
    LiveUnavailable,
    /// The server is going down; reconnect.
    ShuttingDown,
    /// A fault in the server; it has been logged.
    Internal,
}

impl ErrorCode {
    /// Every code, for documentation and tests.
    pub const ALL: [Self; 22] = [
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
        Self::ShuttingDown,
        Self::Internal,
    ];

    /// Whether the same request may succeed later without being changed.
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
            | Self::Internal => false,
        }
    }
}

/// What an `error` answer carries. Holds no time and no echo of the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct ErrorBody {
    /// The reason.
    pub code: ErrorCode,
    /// One sentence for a person: what happened and what to do next.
    pub message: String,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// When to try again, in milliseconds from now; only with retryable codes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// The field at fault, where one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

impl ErrorBody {
    /// An error with its code's own retry rule.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retryable: code.is_retryable(), retry_after_ms: None, field: None }
    }

    /// The same error, naming the field at fault.
    #[must_use]
    pub fn at_field(mut self, field: &str) -> Self {
        self.field = Some(field.to_owned());
        self
    }

    /// The same error, saying when to try again.
    #[must_use]
    pub fn retry_after(mut self, ms: u64) -> Self {
        self.retry_after_ms = Some(ms);
        self
    }
}
