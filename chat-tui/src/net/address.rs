//! A server's address as typed: `unix:PATH`, `ws://HOST:PORT/PATH`, `wss://HOST`, and the forms people take from a browser or a
//! port list. Must not know how to connect to it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// The text is not a server's address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{given:?} is no server's address: {reason}. One looks like unix:/run/chat/chat.sock, ws://host:4000 or wss://host/path"
)]
pub struct AddressError {
    given: String,
    reason: String,
}

/// The default port.
const DEFAULT_PORT: u16 = 4000;
/// The ports of the web, without and with TLS.
const HTTP_PORT: u16 = 80;
const HTTPS_PORT: u16 = 443;

/// Where a server is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ServerAddress {
    /// A Unix socket.
    Unix(PathBuf),
    /// TCP.
    Plain(HostAddress),
    /// TLS over TCP.
    Secure(HostAddress),
}

/// A place on a host.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostAddress {
    /// The host, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The path, which a proxy may map to a server: empty, or it begins with a slash and does not end with one.
    pub path: String,
}

/// How an address begins, and what follows from it.
struct Scheme {
    prefix: &'static str,
    is_secure: bool,
    default_port: u16,
}

const SCHEMES: [Scheme; 4] = [
    Scheme { prefix: "ws://", is_secure: false, default_port: DEFAULT_PORT },
    Scheme { prefix: "wss://", is_secure: true, default_port: HTTPS_PORT },
    Scheme { prefix: "http://", is_secure: false, default_port: HTTP_PORT },
    Scheme { prefix: "https://", is_secure: true, default_port: HTTPS_PORT },
];

impl ServerAddress {
    /// Returns its name for people: the host, or this machine.
    pub fn label(&self) -> String {
        match self {
            Self::Unix(_) => "this machine".to_owned(),
            Self::Plain(place) | Self::Secure(place) => place.authority(),
        }
    }

    /// Whether the server learns from the operating system who connects.
    pub fn is_unix(&self) -> bool {
        matches!(self, Self::Unix(_))
    }
}

impl FromStr for ServerAddress {
    type Err = AddressError;

    fn from_str(given: &str) -> Result<Self, AddressError> {
        parse(given).map_err(|reason| AddressError { given: given.to_owned(), reason: reason.to_owned() })
    }
}

fn parse(given: &str) -> Result<ServerAddress, &'static str> {
    if let Some(path) = given.strip_prefix("unix:").or_else(|| given.starts_with('/').then_some(given)) {
        return if path.is_empty() { Err("the path is missing") } else { Ok(ServerAddress::Unix(path.into())) };
    }
    if let Some(scheme) = SCHEMES.iter().find(|scheme| given.starts_with(scheme.prefix)) {
        let address = host_address(&given[scheme.prefix.len()..], scheme.default_port)?;
        return Ok(if scheme.is_secure { ServerAddress::Secure(address) } else { ServerAddress::Plain(address) });
    }
    if given.contains("://") {
        return Err("it begins with unix:, ws://, wss:// or https://");
    }
    // Without a scheme, only the port tells an address from a mistyped word.
    let has_port = given.rsplit_once(':').is_some_and(|(_, port)| port.starts_with(|c: char| c.is_ascii_digit()));
    if !has_port {
        return Err("it begins with unix:, ws://, wss:// or https://, or is HOST:PORT");
    }
    let address = host_address(given, DEFAULT_PORT)?;
    let is_secure = address.port == HTTPS_PORT;
    Ok(if is_secure { ServerAddress::Secure(address) } else { ServerAddress::Plain(address) })
}

/// Reads `HOST`, `HOST:PORT` or `[IPV6]:PORT`, and a path.
fn host_address(text: &str, default_port: u16) -> Result<HostAddress, &'static str> {
    if text.contains(['?', '#']) || text.contains(char::is_whitespace) {
        return Err("it ends after host, port and path");
    }
    let (authority, path) = match text.find('/') {
        Some(slash) => text.split_at(slash),
        None => (text, ""),
    };
    if authority.contains('@') {
        return Err("it names no user; sign in with `chat login`");
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(bracketed) => bracketed.split_once(']').ok_or("a bracket is missing")?,
        None => match authority.find(':') {
            Some(colon) => authority.split_at(colon),
            None => (authority, ""),
        },
    };
    let port = match port.strip_prefix(':') {
        None if port.is_empty() => default_port,
        Some(port) => port.parse().map_err(|_| "the port is a number up to 65535")?,
        None => return Err("a colon and the port come after the bracket"),
    };
    if host.is_empty() {
        return Err("the host is missing");
    }
    Ok(HostAddress { host: host.to_owned(), port, path: path.trim_end_matches('/').to_owned() })
}

impl HostAddress {
    /// The host and the port, as they stand in a URL.
    pub fn authority(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Plain(address) => write!(f, "ws://{}{}", address.authority(), address.path),
            Self::Secure(address) => write!(f, "wss://{}{}", address.authority(), address.path),
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
            ("/run/chat.sock", "unix:/run/chat.sock"),
            ("ws://localhost", "ws://localhost:4000"),
            ("wss://chat.example.org/", "wss://chat.example.org:443"),
            ("wss://example.org/team/chat/", "wss://example.org:443/team/chat"),
            ("https://example.org/chat", "wss://example.org:443/chat"),
            ("http://example.org", "ws://example.org:80"),
            ("localhost:4000", "ws://localhost:4000"),
            ("example.org:443", "wss://example.org:443"),
            ("[::1]:5000", "ws://[::1]:5000"),
            ("ws://[::1]:5000", "ws://[::1]:5000"),
        ] {
            let address: ServerAddress = given.parse().expect("an address");
            assert_eq!(address.to_string(), shown);
            assert_eq!(shown.parse::<ServerAddress>().expect("an address"), address);
        }
    }

    #[test]
    fn a_bad_address_is_refused_with_a_hint() {
        for wrong in [
            "",
            "nowhere",
            "ftp://x",
            "unix:",
            "ws://",
            "ws:///path",
            "ws://h:99999",
            "ws://h/a b",
            "wss://h/?x",
            "wss://ana@h",
            "ws://[::1",
            ":4000",
            "h:p",
        ] {
            let error = wrong.parse::<ServerAddress>().expect_err("no address").to_string();
            assert!(error.contains("ws://host:4000"), "{error}");
        }
    }
}
