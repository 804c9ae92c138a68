//! Accepts connections until the server shuts down. Must not know what is served over them.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::http::{self, Entrance, Surface};
use super::listen::Listeners;
use crate::access::Origin;
use crate::server::Server;
use crate::tasks::Tasks;

/// Pause after a failed accept, for example if no file descriptors are left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Connections that are accepted at once before anything else is looked at.
const BATCH: usize = 64;

/// Time between two looks whether the Unix sockets still have their names.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Serves all listeners until the server stops, then waits until every connection has ended. Calls `on_moved` with the
/// addresses when a removed Unix socket had to be made at another path.
pub async fn serve(listeners: &mut Listeners, server: &Arc<Server>, background: &Tasks, on_moved: impl Fn(&[String])) {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut tasks = JoinSet::new();
    let stopping = background.stopping();
    tokio::pin!(stopping);
    let (proxies, names) = (Arc::clone(&listeners.trusted_proxies), Arc::clone(&listeners.host_names));
    let entrance = |surface, origin| {
        let (trusted_proxies, host_names) = (Arc::clone(&proxies), Arc::clone(&names));
        Entrance { surface, origin, trusted_proxies, host_names }
    };
    loop {
        tokio::select! {
            accepted = accept_tcp(&listeners.tcp), if !listeners.tcp.is_empty() => match accepted {
                Ok(accepted) => {
                    for (stream, address) in std::iter::once(accepted).chain(more_tcp(&listeners.tcp)) {
                        // Only a hint to the kernel.
                        let _ = stream.set_nodelay(true);
                        let entrance = entrance(Surface::Chat, origin_of(address));
                        tasks.spawn(http::connection(stream, entrance, Arc::clone(server), background.clone()));
                    }
                }
                Err(error) => pause(&error).await,
            },
            accepted = accept_unix(listeners), if listeners.has_unix() => match accepted {
                Ok(stream) => {
                    let uid = stream.peer_cred().ok().map(|peer| peer.uid());
                    let entrance = entrance(Surface::Chat, Origin { uid, is_loopback: true, address: None });
                    tasks.spawn(http::connection(stream, entrance, Arc::clone(server), background.clone()));
                }
                Err(error) => pause(&error).await,
            },
            accepted = accept_tcp(listeners.metrics.as_slice()), if listeners.metrics.is_some() => match accepted {
                Ok((stream, address)) => {
                    let entrance = entrance(Surface::Metrics, origin_of(address));
                    tasks.spawn(http::connection(stream, entrance, Arc::clone(server), background.clone()));
                }
                Err(error) => pause(&error).await,
            },
            _ = looks.tick(), if !listeners.unix.is_empty() => {
                if listeners.restore_sockets().await {
                    on_moved(&listeners.addresses());
                }
            }
            Some(_) = tasks.join_next(), if !tasks.is_empty() => {}
            () = &mut stopping => break,
        }
    }
    while tasks.join_next().await.is_some() {}
}

fn origin_of(address: SocketAddr) -> Origin {
    Origin { uid: None, is_loopback: address.ip().is_loopback(), address: Some(address.ip()) }
}

async fn pause(error: &io::Error) {
    tracing::warn!(%error, "a connection could not be accepted");
    tokio::time::sleep(ACCEPT_PAUSE).await;
}

/// Accepts connections that wait already, a batch of them.
fn more_tcp(listeners: &[TcpListener]) -> impl Iterator<Item = (TcpStream, SocketAddr)> {
    // An error is met again by the next accept that waits.
    let waiting = listeners.iter().flat_map(|listener| std::iter::from_fn(|| listener.accept().now_or_never()?.ok()));
    waiting.take(BATCH)
}

async fn accept_tcp(listeners: &[TcpListener]) -> io::Result<(TcpStream, SocketAddr)> {
    let accepts = listeners.iter().map(|listener| Box::pin(listener.accept()));
    futures_util::future::select_all(accepts).await.0
}

async fn accept_unix(listeners: &Listeners) -> io::Result<tokio::net::UnixStream> {
    let accepts = listeners.unix().map(|listener| Box::pin(listener.accept()));
    futures_util::future::select_all(accepts).await.0.map(|(stream, _)| stream)
}
