//! Why the server cannot listen, and the next step of its operator. Must not know how it listens.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why the server cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// A TCP address cannot be bound.
    #[error("cannot listen at {address}: {error}")]
    Tcp {
        /// The address.
        address: SocketAddr,
        /// Why; not its source, as the message names it already.
        error: io::Error,
    },
    /// A Unix socket cannot be bound.
    #[error("cannot listen at {path}: {error}")]
    Unix {
        /// The path.
        path: PathBuf,
        /// Why; not its source, as the message names it already.
        error: io::Error,
    },
    /// A socket of the service manager cannot be listened at.
    #[error("a socket of the service manager cannot be used")]
    Inherited(#[source] io::Error),
    /// Another server listens there.
    #[error("another server listens at {path}")]
    InUse {
        /// The path.
        path: PathBuf,
    },
    /// A file that is no socket has that path.
    #[error("{path} is there already and no socket")]
    NoSocket {
        /// The path.
        path: PathBuf,
    },
    /// The group does not exist.
    #[error("there is no group {name:?} on this machine")]
    NoGroup {
        /// Its name.
        name: String,
    },
}

impl BindError {
    /// The next step of an operator, if one usually helps.
    pub fn advice(&self) -> Option<&'static str> {
        match self {
            Self::Tcp { error, .. } if error.kind() == io::ErrorKind::AddrInUse => {
                Some("stop the program that listens there, or choose another address with --listen")
            }
            Self::InUse { .. } => Some("stop it, or choose another path with --unix"),
            Self::NoSocket { .. } => Some("move it away, or choose another path with --unix"),
            Self::Tcp { .. } | Self::Unix { .. } | Self::Inherited(_) | Self::NoGroup { .. } => None,
        }
    }
}
