//! Connects to a Unix socket without waiting. Must not know what answers there.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;

use rustix::net::{AddressFamily, SocketAddrUnix, SocketType};

/// Connects. A plain `connect` waits for ever for a server that hangs and takes no connections any more.
///
/// # Errors
/// `WouldBlock` if so many clients wait that there is no place for another; otherwise as `connect`.
pub(super) fn connect(path: &Path) -> io::Result<UnixStream> {
    let stream = UnixStream::from(rustix::net::socket(AddressFamily::UNIX, SocketType::STREAM, None)?);
    stream.set_nonblocking(true)?;
    rustix::net::connect(&stream, &SocketAddrUnix::new(path)?)?;
    stream.set_nonblocking(false)?;
    Ok(stream)
}

/// A socket at this path that takes no connections, and the clients that wait for it.
#[cfg(test)]
pub(super) fn hung(path: &Path) -> (rustix::fd::OwnedFd, Vec<UnixStream>) {
    let listener = rustix::net::socket(AddressFamily::UNIX, SocketType::STREAM, None).expect("a socket");
    rustix::net::bind(&listener, &SocketAddrUnix::new(path).expect("a path")).expect("bound");
    rustix::net::listen(&listener, 1).expect("it listens");
    let waiting = std::iter::from_fn(|| connect(path).ok()).collect();
    (listener, waiting)
}
