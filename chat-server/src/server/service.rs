//! Notifies every connection when the server starts or stops accepting persistent or ephemeral messages. Must not know why
//! a store is unavailable.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use chat_proto::server_frame::Service;

use super::state::Server;

/// Coalescing window: a change within this time after a notice is sent when it ends, as it is then.
const NOTIFY_EVERY: Duration = Duration::from_millis(500);

/// Returns the kinds of messages that the server accepts at this moment.
pub fn service_now(server: &Server) -> Service {
    Service {
        is_live_available: *server.live.availability().borrow(),
        is_store_available: server.store.health().borrow().is_writable(),
    }
}

/// Notifies of changes until `shutdown`.
pub async fn notify_service(server: Arc<Server>, shutdown: impl Future<Output = ()>) {
    let (mut live, mut store) = (server.live.availability(), server.store.health());
    let mut sent = service_now(&server);
    tokio::pin!(shutdown);
    loop {
        let changed = async {
            tokio::select! {
                changed = live.changed() => changed,
                changed = store.changed() => changed,
            }
        };
        let is_over = tokio::select! {
            () = &mut shutdown => true,
            // A store that has closed changes no more.
            changed = changed => changed.is_err(),
        };
        if is_over {
            return;
        }
        let service = service_now(&server);
        if service != sent {
            tracing::warn!(live = service.is_live_available, database = service.is_store_available, "service changed");
            server.connections.notify_all(service);
            sent = service;
            tokio::select! {
                () = &mut shutdown => return,
                () = tokio::time::sleep(NOTIFY_EVERY) => {}
            }
            // Look again at once: it may have changed within the window.
            live.mark_changed();
        }
    }
}
