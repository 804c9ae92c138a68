//! The addresses and sockets the server listens at. All are bound before the first connection is accepted. Must not know what
//! is served.

use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::Mode;
use rustix::process::umask;
use tokio::net::{TcpListener, UnixListener};

use super::host_names::HostNames;
use super::trusted_proxies::TrustedProxies;

/// A Unix socket to listen at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnixListen {
    /// Its path.
    pub path: PathBuf,
    /// Its mode: who may connect.
    pub mode: u32,
    /// The group that owns it.
    pub group: Option<String>,
}

/// Where to listen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listen {
    /// TCP addresses; port 0 takes a free port.
    pub tcp: Vec<SocketAddr>,
    /// Unix sockets.
    pub unix: Vec<UnixListen>,
    /// A separate address for metrics, open to everyone who reaches it.
    pub metrics: Option<SocketAddr>,
    /// The proxies whose word about their clients is believed.
    pub trusted_proxies: TrustedProxies,
    /// The server's names, for the pages for operators.
    pub host_names: HostNames,
}

/// Why the server cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// A TCP address cannot be bound.
    #[error("cannot listen at {address}: {source}")]
    Tcp {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// A Unix socket cannot be bound.
    #[error("cannot listen at {path}: {source}")]
    Unix {
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
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
            Self::Tcp { source, .. } if source.kind() == io::ErrorKind::AddrInUse => {
                Some("stop the program that listens there, or choose another address with --listen")
            }
            Self::InUse { .. } => Some("stop it, or choose another path with --unix"),
            Self::NoSocket { .. } => Some("move it away, or choose another path with --unix"),
            Self::Tcp { .. } | Self::Unix { .. } | Self::NoGroup { .. } => None,
        }
    }
}

/// The bound listeners.
#[derive(Debug)]
pub struct Listeners {
    pub(super) tcp: Vec<TcpListener>,
    pub(super) unix: Vec<(UnixListener, PathBuf)>,
    pub(super) metrics: Option<TcpListener>,
    pub(super) trusted_proxies: Arc<TrustedProxies>,
    pub(super) host_names: Arc<HostNames>,
}

impl Listeners {
    /// Binds all of them.
    ///
    /// # Errors
    /// [`BindError`] for the first that cannot be bound; then none stays bound.
    pub async fn bind(listen: &Listen) -> Result<Self, BindError> {
        let trusted_proxies = Arc::new(listen.trusted_proxies.clone());
        let host_names = Arc::new(listen.host_names.clone());
        let mut bound = Self { tcp: Vec::new(), unix: Vec::new(), metrics: None, trusted_proxies, host_names };
        for address in &listen.tcp {
            bound.tcp.push(bind_tcp(*address).await?);
        }
        if let Some(address) = listen.metrics {
            bound.metrics = Some(bind_tcp(address).await?);
        }
        for unix in &listen.unix {
            bound.unix.push((bind_unix(unix).await?, unix.path.clone()));
        }
        Ok(bound)
    }

    /// The addresses, as clients write them.
    pub fn addresses(&self) -> Vec<String> {
        let tcp = self.tcp.iter().filter_map(|listener| Some(format!("ws://{}", listener.local_addr().ok()?)));
        let unix = self.unix.iter().map(|(_, path)| format!("unix:{}", path.display()));
        unix.chain(tcp).collect()
    }

    /// The URL of the separate metrics listener.
    pub fn metrics_address(&self) -> Option<String> {
        Some(format!("http://{}/metrics", self.metrics.as_ref()?.local_addr().ok()?))
    }
}

impl Drop for Listeners {
    fn drop(&mut self) {
        for (_, path) in &self.unix {
            // The next server finds no stale socket. It may be gone already.
            let _ = std::fs::remove_file(path);
        }
    }
}

async fn bind_tcp(address: SocketAddr) -> Result<TcpListener, BindError> {
    TcpListener::bind(address).await.map_err(|source| BindError::Tcp { address, source })
}

async fn bind_unix(unix: &UnixListen) -> Result<UnixListener, BindError> {
    let failed = |source| BindError::Unix { path: unix.path.clone(), source };
    clear_stale(&unix.path).await?;
    let listener = bind_private(&unix.path).map_err(failed)?;
    // The group first: the mode may let in the members of the former one.
    if let Some(name) = &unix.group {
        let group = uzers::get_group_by_name(name).ok_or_else(|| BindError::NoGroup { name: name.clone() })?;
        std::os::unix::fs::chown(&unix.path, None, Some(group.gid())).map_err(failed)?;
    }
    std::fs::set_permissions(&unix.path, std::fs::Permissions::from_mode(unix.mode)).map_err(failed)?;
    Ok(listener)
}

/// Binds a socket that only its owner can connect to. A socket listens as soon as it has a name, and the name gets its mode
/// from the process: a file that another thread makes in this moment is private, too.
fn bind_private(path: &Path) -> io::Result<UnixListener> {
    let former = umask(Mode::RWXG | Mode::RWXO);
    let bound = UnixListener::bind(path);
    umask(former);
    bound
}

/// Removes a socket that a killed server left behind; nothing else is ever removed.
async fn clear_stale(path: &Path) -> Result<(), BindError> {
    let failed = |source| BindError::Unix { path: path.to_owned(), source };
    let found = match std::fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    if !found.file_type().is_socket() {
        return Err(BindError::NoSocket { path: path.to_owned() });
    }
    match tokio::net::UnixStream::connect(path).await {
        // A server listens, or has a full backlog.
        Ok(_) => Err(BindError::InUse { path: path.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(BindError::InUse { path: path.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => std::fs::remove_file(path).map_err(failed),
        Err(error) => Err(failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_socket_is_its_owners_alone_until_it_has_the_mode_that_was_asked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
        let path = folder.path().join("s");
        let former = umask(Mode::empty());
        let bound = bind_private(&path);
        let restored = umask(former);
        assert!(bound.is_ok() && restored.is_empty(), "{restored:?}");
        assert_eq!(mode(&path) & 0o077, 0, "{:o}", mode(&path));
        let path = folder.path().join("open");
        let _bound = bind_unix(&UnixListen { path: path.clone(), mode: 0o666, group: None }).await.expect("bound");
        assert_eq!(mode(&path), 0o666);
    }
}
