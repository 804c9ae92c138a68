//! The events of a link to a server, and its errors: the words that `net` and `app` share. Pure: must not know
//! sockets, tasks or screens.

#![deny(clippy::disallowed_methods)]

use chat_proto::error::ErrorBody;
use chat_proto::request::Answer;
use chat_proto::server_frame::{ServerFrame, Welcome};
use chat_proto::time::UnixMillis;

/// An event of a link.
#[derive(Debug)]
pub enum LinkEvent {
    /// A try to connect begins.
    Connecting,
    /// The socket is open; the link waits for the `hello` to send.
    Opened,
    /// Signed in.
    Welcome(Box<Welcome>),
    /// A request was answered, or failed.
    Answer {
        /// The number the request was given by its sender.
        ask: u64,
        /// The answer.
        result: Box<Result<Answer, CallError>>,
    },
    /// A frame that the server pushed.
    Push(ServerFrame),
    /// The server answered a heartbeat.
    Heartbeat {
        /// The round-trip time, in milliseconds.
        lag_ms: u64,
        /// The server's time as the answer came: the time it sent, and half of the round trip.
        server_now: UnixMillis,
    },
    /// A heartbeat has been unanswered for a while.
    Silent {
        /// For how long, in milliseconds.
        for_ms: u64,
    },
    /// The connection ended, or a try failed; the link tries again by itself.
    Down {
        /// Why, in a sentence.
        reason: String,
        /// Time until the next try, in milliseconds.
        retry_in_ms: u64,
    },
    /// The link has stopped trying: it was refused, it gave up, or it was meant for one connection only.
    Stopped {
        /// Why.
        error: NetError,
    },
}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetError {
    /// Nobody answers at the address.
    #[error("no server answers at {address}: {reason}")]
    Unreachable {
        /// The address.
        address: String,
        /// Why.
        reason: String,
    },
    /// The server refused `hello`.
    #[error("{0}")]
    Refused(ErrorBody),
    /// The program at the address is not a chat server, or one of another version.
    #[error("{address} is not a chat server, or an incompatible version: {reason}")]
    NotAChatServer {
        /// The address.
        address: String,
        /// Why.
        reason: String,
    },
    /// The server's certificate is not trusted, or TLS failed in another way.
    #[error("the server at {address} cannot be trusted: {reason}")]
    Untrusted {
        /// The address.
        address: String,
        /// Why, and the next step.
        reason: String,
    },
    /// A connection that was signed in has ended.
    #[error("{reason}")]
    Closed {
        /// Why.
        reason: String,
    },
    /// The server answers, and there is nothing to sign in with.
    #[error("not signed in")]
    SignInNeeded,
    /// The server ended this sign-in.
    #[error("you were signed out")]
    SignedOut,
}

/// Why a request was not answered with success.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The server refused it.
    #[error("{0}")]
    Refused(ErrorBody),
    /// The connection ended before the answer came: nobody knows whether the request was carried out.
    #[error("the connection to the server broke")]
    Disconnected,
    /// No answer came in time, and the connection was given up.
    #[error("the server took the request but did not answer within {limit_s} s")]
    Unanswered {
        /// The time limit, in seconds.
        limit_s: u64,
    },
    /// The answer does not belong to the request.
    #[error("the server's answer cannot be read: {0}")]
    Unreadable(String),
}

/// Returns the notice of a server that is older than this program; `None` if it is not, or if its version is no number.
/// Only the user's own server can be brought up to date from here.
pub fn older_server_notice(version: &str, is_own: bool) -> Option<String> {
    let own = env!("CARGO_PKG_VERSION");
    if !is_older(version, own) {
        return None;
    }
    let rest = if is_own { ": `chat local restart` renews it." } else { "; newer features may be missing there." };
    Some(format!("The server ({version}) is older than this program ({own}){rest}"))
}

fn is_older(a: &str, b: &str) -> bool {
    let numbers = |version: &str| version.split('.').map(|part| part.parse::<u64>().ok()).collect::<Option<Vec<_>>>();
    matches!((numbers(a), numbers(b)), (Some(a), Some(b)) if a < b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        assert!(is_older("0.9.0", "0.10.0"));
        assert!(!is_older("0.10.0", "0.9.0"));
        assert!(!is_older("1.0.0", "1.0.0"));
        assert!(!is_older("unknown", "1.0.0"));
    }

    #[test]
    fn a_restart_is_advised_for_the_own_server_only() {
        let notice = |is_own| older_server_notice("0.0.1", is_own).expect("it is older");
        assert!(notice(true).contains("`chat local restart`"));
        assert!(!notice(false).contains("restart"), "{}", notice(false));
        assert_eq!(older_server_notice(env!("CARGO_PKG_VERSION"), true), None);
    }
}
