//! The addresses and sockets the server listens at. All are bound before the first connection is accepted. Must not know what
//! is served.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::{TcpListener, UnixListener};

use super::bind_error::BindError;
use super::host_names::HostNames;
use super::inherited::Inherited;
use super::trusted_proxies::TrustedProxies;
use super::unix_door::{BoundAgain, UnixDoor, UnixListen};

/// Where to listen.
#[derive(Clone, Debug, Default)]
pub struct Listen {
    /// TCP addresses; port 0 takes a free port.
    pub tcp: Vec<SocketAddr>,
    /// Unix sockets.
    pub unix: Vec<UnixListen>,
    /// Sockets that are open already.
    pub inherited: Inherited,
    /// A separate address for metrics, open to everyone who reaches it.
    pub metrics: Option<SocketAddr>,
    /// The proxies whose word about their clients is believed.
    pub trusted_proxies: TrustedProxies,
    /// The server's names, for the pages for operators.
    pub host_names: HostNames,
}

/// The bound listeners.
#[derive(Debug)]
pub struct Listeners {
    pub(super) tcp: Vec<TcpListener>,
    pub(super) unix: Vec<UnixDoor>,
    /// Unix sockets of the service manager, which removes them.
    pub(super) inherited_unix: Vec<UnixListener>,
    pub(super) metrics: Option<TcpListener>,
    pub(super) trusted_proxies: Arc<TrustedProxies>,
    pub(super) host_names: Arc<HostNames>,
}

impl Listeners {
    /// Binds all of them that are not open already.
    ///
    /// # Errors
    /// [`BindError`] for the first that cannot be bound; then none stays bound.
    pub async fn bind(listen: &Listen) -> Result<Self, BindError> {
        let trusted_proxies = Arc::new(listen.trusted_proxies.clone());
        let host_names = Arc::new(listen.host_names.clone());
        let inherited = &listen.inherited;
        let (tcp, inherited_unix) = inherited.listeners().map_err(BindError::Inherited)?;
        let mut bound = Self { tcp, unix: Vec::new(), inherited_unix, metrics: None, trusted_proxies, host_names };
        for address in listen.tcp.iter().filter(|address| !inherited.has_tcp(**address)) {
            bound.tcp.push(bind_tcp(*address).await?);
        }
        if let Some(address) = listen.metrics {
            bound.metrics = Some(bind_tcp(address).await?);
        }
        for unix in listen.unix.iter().filter(|unix| !inherited.has_unix(&unix.path)) {
            bound.unix.push(UnixDoor::bind(unix).await?);
        }
        Ok(bound)
    }

    /// The addresses, as clients write them.
    pub fn addresses(&self) -> Vec<String> {
        let tcp = self.tcp.iter().filter_map(|listener| Some(format!("ws://{}", listener.local_addr().ok()?)));
        let unix = self.unix.iter().map(UnixDoor::address);
        let inherited = self
            .inherited_unix
            .iter()
            .filter_map(|listener| Some(format!("unix:{}", listener.local_addr().ok()?.as_pathname()?.display())));
        unix.chain(inherited).chain(tcp).collect()
    }

    /// Whether there is a Unix socket.
    pub(super) fn has_unix(&self) -> bool {
        self.unix().next().is_some()
    }

    /// All Unix sockets.
    pub(super) fn unix(&self) -> impl Iterator<Item = &UnixListener> {
        self.unix.iter().map(|door| &door.listener).chain(&self.inherited_unix)
    }

    /// Makes the Unix sockets again that were removed. Returns whether one of them is at another path now.
    pub(super) async fn restore_sockets(&mut self) -> bool {
        let mut has_moved = false;
        for door in &mut self.unix {
            has_moved |= match door.restore().await {
                BoundAgain::Moved => true,
                BoundAgain::NotNeeded | BoundAgain::InPlace | BoundAgain::Failed => false,
            };
        }
        has_moved
    }

    /// The URL of the separate metrics listener.
    pub fn metrics_address(&self) -> Option<String> {
        Some(format!("http://{}/metrics", self.metrics.as_ref()?.local_addr().ok()?))
    }
}

async fn bind_tcp(address: SocketAddr) -> Result<TcpListener, BindError> {
    TcpListener::bind(address).await.map_err(|error| BindError::Tcp { address, error })
}
