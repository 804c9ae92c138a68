//! Where the server listens. All places are bound before one accepts.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
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
        source: std::io::Error,
    },
    /// A Unix socket.
    #[error("cannot listen at {path}: {source}")]
    Unix {
        /// The path.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Someone listens there already.
    #[error("another server listens at {path}; stop it, or choose another path with --unix")]
    InUse {
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
}

impl Listeners {
    /// Binds all places.
    ///
    /// # Errors
    /// Where one of them cannot be had; none is then left bound.
    pub async fn bind(listen: &Listen) -> Result<Self, BindError> {
        let mut bound = Self { tcp: Vec::new(), unix: Vec::new() };
        for address in &listen.tcp {
            let listener = TcpListener::bind(address).await;
            bound.tcp.push(listener.map_err(|source| BindError::Tcp { address: *address, source })?);
        }
        for unix in &listen.unix {
            bound.unix.push((bind_unix(unix)?, unix.path.clone()));
        }
        Ok(bound)
    }

    /// The addresses as clients write them.
    pub fn addresses(&self) -> Vec<String> {
        let tcp = self.tcp.iter().filter_map(|listener| Some(format!("ws://{}", listener.local_addr().ok()?)));
        let unix = self.unix.iter().map(|(_, path)| format!("unix:{}", path.display()));
        unix.chain(tcp).collect()
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

fn bind_unix(unix: &UnixListen) -> Result<UnixListener, BindError> {
    let failed = |source| BindError::Unix { path: unix.path.clone(), source };
    if unix.path.exists() {
        if std::os::unix::net::UnixStream::connect(&unix.path).is_ok() {
            return Err(BindError::InUse { path: unix.path.clone() });
        }
        // Nobody listens: a server that was killed left it.
        std::fs::remove_file(&unix.path).map_err(failed)?;
    }
    let listener = UnixListener::bind(&unix.path).map_err(failed)?;
    std::fs::set_permissions(&unix.path, std::fs::Permissions::from_mode(unix.mode)).map_err(failed)?;
    if let Some(name) = &unix.group {
        let group = uzers::get_group_by_name(name).ok_or_else(|| BindError::NoGroup { name: name.clone() })?;
        std::os::unix::fs::chown(&unix.path, None, Some(group.gid())).map_err(failed)?;
    }
    Ok(listener)
}
