//! Sockets that a service manager opened for the server (socket activation, sd_listen_fds(3)). They stay open while the server
//! restarts. Must not know what is served.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsFd;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;

use listenfd::ListenFd;

/// A socket that cannot be listened at.
#[derive(Debug, thiserror::Error)]
#[error("socket {number} of the service manager cannot be used")]
pub struct InheritError {
    /// Its place among the sockets, from 1.
    number: usize,
    source: io::Error,
}

/// The sockets, open and listening.
#[derive(Clone, Debug, Default)]
pub struct Inherited {
    tcp: Vec<Arc<TcpListener>>,
    unix: Vec<Arc<UnixListener>>,
}

impl Inherited {
    /// Takes the sockets that this process was given. Call it once, before any thread runs: it removes the variables that
    /// name them.
    ///
    /// # Errors
    /// The first that is no listening stream socket.
    pub fn take() -> Result<Self, InheritError> {
        let mut given = ListenFd::from_env();
        let mut taken = Self::default();
        for place in 0..given.len() {
            let failed = |source| InheritError { number: place + 1, source };
            // A socket of another kind is refused and left in its place.
            if let Ok(Some(unix)) = given.take_unix_listener(place) {
                check(&unix).map_err(failed)?;
                taken.unix.push(Arc::new(unix));
            } else if let Some(tcp) = given.take_tcp_listener(place).map_err(failed)? {
                check(&tcp).map_err(failed)?;
                taken.tcp.push(Arc::new(tcp));
            }
        }
        Ok(taken)
    }

    /// One socket, as if it was given.
    #[cfg(test)]
    pub(crate) fn of(listener: TcpListener) -> Self {
        Self { tcp: vec![Arc::new(listener)], unix: Vec::new() }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tcp.is_empty() && self.unix.is_empty()
    }

    /// Whether other machines can connect to one of them.
    pub fn is_reached_from_elsewhere(&self) -> bool {
        self.tcp.iter().any(|listener| listener.local_addr().is_ok_and(|address| !address.ip().is_loopback()))
    }

    /// Whether one of them takes the connections to this address.
    pub(super) fn has_tcp(&self, address: SocketAddr) -> bool {
        let takes_it = |listener: &Arc<TcpListener>| {
            let is_v6_only = || rustix::net::sockopt::ipv6_v6only(listener).unwrap_or(true);
            listener.local_addr().is_ok_and(|own| covers(own, address, is_v6_only))
        };
        self.tcp.iter().any(takes_it)
    }

    /// Whether one of them is at this path.
    pub(super) fn has_unix(&self, path: &Path) -> bool {
        let is_there = |listener: &Arc<UnixListener>| {
            listener.local_addr().is_ok_and(|own| own.as_pathname().is_some_and(|own| own == path))
        };
        self.unix.iter().any(is_there)
    }

    /// Returns the sockets for the runtime.
    pub(super) fn listeners(&self) -> io::Result<(Vec<tokio::net::TcpListener>, Vec<tokio::net::UnixListener>)> {
        let tcp = self.tcp.iter().map(|listener| {
            listener.set_nonblocking(true)?;
            tokio::net::TcpListener::from_std(listener.try_clone()?)
        });
        let unix = self.unix.iter().map(|listener| {
            listener.set_nonblocking(true)?;
            tokio::net::UnixListener::from_std(listener.try_clone()?)
        });
        Ok((tcp.collect::<io::Result<_>>()?, unix.collect::<io::Result<_>>()?))
    }
}

/// Whether a socket at `own` takes the connections to another address, so that nothing can be bound there: one for all
/// addresses does, and one for all of IPv6 takes those of IPv4, too, unless it is for IPv6 only. `ListenStream=4000` is such.
fn covers(own: SocketAddr, other: SocketAddr, is_v6_only: impl FnOnce() -> bool) -> bool {
    let is_same_kind = own.is_ipv4() == other.is_ipv4();
    own == other
        || own.port() == other.port() && own.ip().is_unspecified() && (is_same_kind || own.is_ipv6() && !is_v6_only())
}

/// A socket unit with `Accept=yes` hands over a connection instead.
fn check(socket: impl AsFd) -> io::Result<()> {
    if rustix::net::sockopt::socket_acceptconn(socket)? {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "it does not listen; its socket unit needs Accept=no"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_for_all_addresses_covers_each_of_them() {
        let covers = |own: &str, other: &str, is_v6_only| {
            covers(own.parse().expect("an address"), other.parse().expect("an address"), || is_v6_only)
        };
        for other in ["0.0.0.0:4000", "[::]:4000", "127.0.0.1:4000", "[::1]:4000"] {
            assert!(covers("[::]:4000", other, false), "{other}");
        }
        assert!(covers("0.0.0.0:4000", "127.0.0.1:4000", true) && covers("[::]:4000", "[::1]:4000", true));
        assert!(!covers("[::]:4000", "0.0.0.0:4000", true) && !covers("0.0.0.0:4000", "[::]:4000", false));
        assert!(!covers("[::]:4000", "0.0.0.0:4001", false) && !covers("127.0.0.1:4000", "0.0.0.0:4000", false));
        assert!(covers("127.0.0.1:4000", "127.0.0.1:4000", true));
    }

    #[test]
    fn a_socket_of_a_unit_is_not_bound_again() {
        let listener = TcpListener::bind("0.0.0.0:0").expect("bound");
        let port = listener.local_addr().expect("an address").port();
        let inherited = Inherited::of(listener);
        assert!(inherited.has_tcp(SocketAddr::from(([127, 0, 0, 1], port))));
        assert!(!inherited.has_tcp(SocketAddr::from(([127, 0, 0, 1], port ^ 1))));
    }
}
