//! Tells every connection what the server can do just now, whenever that changes.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use chat_proto::codec;
use chat_proto::server_frame::Service;

use super::app::App;

/// What changes within this time after it was told is told then, as it is by then.
const NOTIFY_EVERY: Duration = Duration::from_millis(500);

/// What the server can do at this moment.
pub(super) fn now(app: &App) -> Service {
    Service { is_live_available: *app.live.availability().borrow(), is_store_available: *app.store.health().borrow() }
}

/// Tells changes until `shutdown`.
pub async fn notify_service(app: Arc<App>, shutdown: impl Future<Output = ()>) {
    let (mut live, mut store) = (app.live.availability(), app.store.health());
    let mut sent = now(&app);
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
            // A store that is gone changes no more.
            changed = changed => changed.is_err(),
        };
        if is_over {
            return;
        }
        let service = now(&app);
        if service != sent {
            tracing::warn!(live = service.is_live_available, database = service.is_store_available, "service changed");
            app.connections.notify_all(&codec::encode(&service));
            sent = service;
            tokio::select! {
                () = &mut shutdown => return,
                () = tokio::time::sleep(NOTIFY_EVERY) => {}
            }
            // What changed meanwhile is looked at at once.
            live.mark_changed();
        }
    }
}
