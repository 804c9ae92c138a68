//! The reasons for which the server stops: a signal, or idleness. Must not know how it stops.

use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use crate::server::Server;

/// Waits for SIGTERM or SIGINT. A second one ends the process at once.
///
/// # Errors
/// Where signals cannot be listened for.
pub async fn signalled() -> std::io::Result<()> {
    let (mut term, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = term.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("going down");
    // Not among the tasks that are waited for: it is for a shutdown that hangs on one of them.
    tokio::spawn(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = interrupt.recv() => {}
        }
        std::process::exit(130);
    });
    Ok(())
}

/// Waits until nobody has been connected, and no message been alive for a time, for `limit`.
pub(crate) async fn idle(server: Arc<Server>, limit: Duration) {
    let look_every = (limit / 10).max(Duration::from_millis(100));
    let mut idle_for = Duration::ZERO;
    loop {
        tokio::time::sleep(look_every).await;
        let alive = server.live.usage(server.now()).await.map_or(1, |usage| usage.alive);
        idle_for = if server.connections.count() == 0 && alive == 0 { idle_for + look_every } else { Duration::ZERO };
        if idle_for >= limit {
            tracing::info!("idle; going down");
            return;
        }
    }
}
