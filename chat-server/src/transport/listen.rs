//! The addresses and sockets the server listens at. All are bound before the first connection is accepted. Must not know what
//! is served.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpSocket, UnixListener};

use super::backlog::BACKLOG;
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
            bound.tcp.push(bind_tcp(*address)?);
        }
        if let Some(address) = listen.metrics {
            bound.metrics = Some(bind_tcp(address)?);
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

fn bind_tcp(address: SocketAddr) -> Result<TcpListener, BindError> {
    let bind = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // A server that starts again takes its port over from connections that end.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    bind().map_err(|error| BindError::Tcp { address, error })
}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpStream, UnixStream};

    use super::*;

    /// As many clients as come at once, or as the system lets wait.
    fn clients() -> usize {
        let most =
            std::fs::read_to_string("/proc/sys/net/core/somaxconn").ok().and_then(|most| most.trim().parse().ok());
        most.unwrap_or(128).min(400)
    }

    #[tokio::test]
    async fn clients_that_come_at_once_all_find_a_place() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("chat.sock");
        let unix = UnixListen { path: path.clone(), mode: 0o600, group: None, alternatives: Vec::new() };
        let tcp = vec!["127.0.0.1:0".parse().expect("an address")];
        let bound = Listeners::bind(&Listen { tcp, unix: vec![unix], ..Listen::default() }).await.expect("bound");
        let address = bound.tcp[0].local_addr().expect("an address");
        let mut waiting = (Vec::new(), Vec::new());
        for client in 0..clients() {
            // The system drops the first packet of a client without a place; its next try comes a second later.
            let connecting = TcpStream::connect(address);
            let connected = tokio::time::timeout(std::time::Duration::from_secs(20), connecting).await;
            waiting.0.push(connected.unwrap_or_else(|_| panic!("client {client} has no place")).expect("connected"));
            waiting.1.push(UnixStream::connect(&path).await.unwrap_or_else(|error| panic!("client {client}: {error}")));
        }
    }
}
