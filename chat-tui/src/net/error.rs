//! Why a server could not be reached or asked.

use chat_proto::error::ErrorBody;

/// Why there is no connection.
#[derive(Clone, Debug, thiserror::Error)]
pub enum NetError {
    /// What was given is no address.
    #[error(
        "{given:?} is no server's address: {reason}. One looks like unix:/run/chat/chat.sock, ws://host:4000 or wss://host"
    )]
    BadAddress {
        /// What was given.
        given: String,
        /// What is wrong.
        reason: String,
    },
    /// Nobody answers there.
    #[error("no server answers at {address}: {reason}")]
    Unreachable {
        /// The address.
        address: String,
        /// Why.
        reason: String,
    },
    /// The server does not let us in.
    #[error("{0}")]
    Refused(ErrorBody),
    /// What answers is not a chat server, or of another version.
    #[error("what answers at {address} does not speak this protocol: {reason}")]
    NotAChatServer {
        /// The address.
        address: String,
        /// Why.
        reason: String,
    },
}

/// Why a request was not answered with success.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CallError {
    /// The server said no.
    #[error("{0}")]
    Refused(ErrorBody),
    /// The connection broke before the answer came.
    #[error("the connection to the server broke")]
    Disconnected,
    /// The connection stands, but no answer came; it was given up.
    #[error("the server took the request but did not answer within {limit_s} s")]
    Unanswered {
        /// How long it was waited for, in seconds.
        limit_s: u64,
    },
    /// The answer is not of the request's kind.
    #[error("the server's answer cannot be read: {0}")]
    Unreadable(String),
}
