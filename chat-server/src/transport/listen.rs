//! Where the server listens. All places are bound before one accepts.

use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::PathBuf;

use tokio::net::{TcpListener, UnixListener};

/// A Unix socket to listen at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnixListen {
    /// Its path.
    pub path: PathBuf,
    /// Its mode: who may connect.
    pub mode: u32,
    /// The group it is given to.
    pub group: Option<String>,
}

/// Where to listen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listen {
    /// Addresses; port 0 takes a free one.
    pub tcp: Vec<SocketAddr>,
    /// Unix sockets.
    pub unix: Vec<UnixListen>,
    /// Where figures are told besides, to whoever asks.
    pub metrics: Option<SocketAddr>,
}

/// Why a place cannot be listened at.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// An address.
    #[error("cannot listen at {address}: {source}")]
    Tcp {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// A Unix socket.
    #[error("cannot listen at {path}: {source}")]
    Unix {
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Someone listens there already.
    #[error("another server listens at {path}; stop it, or choose another path with --unix")]
    InUse {
        /// The path.
        path: PathBuf,
    },
    /// Something else stands there.
    #[error("{path} is there already and no socket; move it away, or choose another path with --unix")]
    NoSocket {
        /// The path.
        path: PathBuf,
    },
    /// The group is not known.
    #[error("there is no group {name:?} on this machine")]
    NoGroup {
        /// Its name.
        name: String,
    },
}

/// Bound places.
#[derive(Debug)]
pub struct Listeners {
    pub(super) tcp: Vec<TcpListener>,
    pub(super) unix: Vec<(UnixListener, PathBuf)>,
    pub(super) metrics: Option<TcpListener>,
}

impl Listeners {
    /// Binds all places.
    ///
    /// # Errors
    /// Where one of them cannot be had; none is then left bound.
    pub async fn bind(listen: &Listen) -> Result<Self, BindError> {
        let mut bound = Self { tcp: Vec::new(), unix: Vec::new(), metrics: None };
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

    /// The addresses as clients write them.
    pub fn addresses(&self) -> Vec<String> {
        let tcp = self.tcp.iter().filter_map(|listener| Some(format!("ws://{}", listener.local_addr().ok()?)));
        let unix = self.unix.iter().map(|(_, path)| format!("unix:{}", path.display()));
        unix.chain(tcp).collect()
    }

    /// Where figures are told besides.
    pub fn metrics_address(&self) -> Option<String> {
        Some(format!("http://{}/metrics", self.metrics.as_ref()?.local_addr().ok()?))
    }
}

impl Drop for Listeners {
    fn drop(&mut self) {
        for (_, path) in &self.unix {
            // Whoever starts next finds no stale socket; one that is gone already is no matter.
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
    let listener = UnixListener::bind(&unix.path).map_err(failed)?;
    std::fs::set_permissions(&unix.path, std::fs::Permissions::from_mode(unix.mode)).map_err(failed)?;
    if let Some(name) = &unix.group {
        let group = uzers::get_group_by_name(name).ok_or_else(|| BindError::NoGroup { name: name.clone() })?;
        std::os::unix::fs::chown(&unix.path, None, Some(group.gid())).map_err(failed)?;
    }
    Ok(listener)
}

/// Removes a socket that a server left which was killed; nothing else is ever removed.
async fn clear_stale(path: &std::path::Path) -> Result<(), BindError> {
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
        // Someone listens, or has too many waiting to be listened to.
        Ok(_) => Err(BindError::InUse { path: path.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(BindError::InUse { path: path.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => std::fs::remove_file(path).map_err(failed),
        Err(error) => Err(failed(error)),
    }
}
