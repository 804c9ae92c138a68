//! A server's address as typed: `unix:PATH`, `ws://HOST:PORT`, `wss://HOST`. Must not know how to connect to it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// The text is not a server's address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{given:?} is no server's address: {reason}. One looks like unix:/run/chat/chat.sock, ws://host:4000 or wss://host"
)]
pub struct AddressError {
    given: String,
    reason: String,
}

/// The default port.
const DEFAULT_PORT: u16 = 4000;

/// Where a server is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ServerAddress {
    /// A Unix socket.
    Unix(PathBuf),
    /// TCP.
    Plain {
        /// The host, without brackets.
        host: String,
        /// The port.
        port: u16,
    },
    /// TLS over TCP.
    Secure {
        /// The host, without brackets.
        host: String,
        /// The port.
        port: u16,
    },
}

impl ServerAddress {
    /// Whether the server learns from the operating system who connects.
    pub fn is_unix(&self) -> bool {
        matches!(self, Self::Unix(_))
    }
}

impl FromStr for ServerAddress {
    type Err = AddressError;

    fn from_str(given: &str) -> Result<Self, AddressError> {
        let bad = |reason: &str| AddressError { given: given.to_owned(), reason: reason.to_owned() };
        if let Some(path) = given.strip_prefix("unix:") {
            return if path.is_empty() { Err(bad("the path is missing")) } else { Ok(Self::Unix(path.into())) };
        }
        let (is_secure, rest) = match (given.strip_prefix("ws://"), given.strip_prefix("wss://")) {
            (Some(rest), _) => (false, rest),
            (_, Some(rest)) => (true, rest),
            (None, None) => return Err(bad("it begins with unix:, ws:// or wss://")),
        };
        let authority = rest.trim_end_matches('/');
        if authority.contains(['/', '@', '?', '#', ' ']) {
            return Err(bad("it ends after host and port"));
        }
        let default_port = if is_secure { 443 } else { DEFAULT_PORT };
        let (host, port) = match authority.strip_prefix('[') {
            Some(bracketed) => bracketed.split_once(']').ok_or_else(|| bad("a bracket is missing"))?,
            None => match authority.find(':') {
                Some(colon) => authority.split_at(colon),
                None => (authority, ""),
            },
        };
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => default_port,
            Some(port) => port.parse().map_err(|_| bad("the port is a number up to 65535"))?,
            None => return Err(bad("a colon and the port come after the bracket")),
        };
        if host.is_empty() {
            return Err(bad("the host is missing"));
        }
        let host = host.to_owned();
        Ok(if is_secure { Self::Secure { host, port } } else { Self::Plain { host, port } })
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = |host: &str| if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Plain { host: name, port } => write!(f, "ws://{}:{port}", host(name)),
            Self::Secure { host: name, port } => write!(f, "wss://{}:{port}", host(name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_and_written_the_same() {
        for (given, shown) in [
            ("unix:/run/chat.sock", "unix:/run/chat.sock"),
            ("ws://localhost", "ws://localhost:4000"),
            ("wss://chat.example.org/", "wss://chat.example.org:443"),
            ("ws://[::1]:5000", "ws://[::1]:5000"),
        ] {
            let address: ServerAddress = given.parse().expect("an address");
            assert_eq!(address.to_string(), shown);
            assert_eq!(shown.parse::<ServerAddress>().expect("an address"), address);
        }
    }

    #[test]
    fn a_bad_address_is_refused_with_a_hint() {
        for wrong in ["", "localhost:4000", "http://x", "unix:", "ws://", "ws://h:99999", "ws://h/path", "ws://[::1"] {
            let error = wrong.parse::<ServerAddress>().expect_err("no address").to_string();
            assert!(error.contains("ws://host:4000"), "{error}");
        }
    }
}
