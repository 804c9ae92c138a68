//! SIGHUP: reads the settings again, and takes over what a running server can. Must not know how a setting is used.

use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::config::{Config, ConfigError};
use crate::server::Server;
use crate::{service_manager, telemetry};

/// Reads the settings again.
pub type ReadSettings = Arc<dyn Fn() -> Result<Config, ConfigError> + Send + Sync>;

/// Listens for SIGHUP from now on; without this it would end the process.
///
/// # Errors
/// If signals cannot be listened for.
pub(crate) fn hangups() -> std::io::Result<Signal> {
    signal(SignalKind::hangup())
}

/// Reads the settings again at each SIGHUP, for ever. Wrong ones change nothing.
pub(crate) async fn follow(mut hangups: Signal, read: ReadSettings, started: Config, server: Arc<Server>) {
    let mut applied = started.clone();
    while hangups.recv().await.is_some() {
        service_manager::reloading();
        let read = Arc::clone(&read);
        match tokio::task::spawn_blocking(move || read()).await {
            Ok(Ok(settings)) => {
                server.adjust(&settings.server);
                let mut taken_over = applied.changes(&settings).taken_over;
                if !telemetry::set_level(settings.log_level) {
                    taken_over.retain(|change| !change.starts_with("log.level "));
                }
                let taken_over = taken_over.join(", ");
                // Compared with the start: they wait until then, however often they change.
                let at_restart = started.changes(&settings).at_restart.join(", ");
                tracing::info!(
                    taken_over,
                    at_restart,
                    "the settings were read again; at_restart names those that need one"
                );
                applied = settings;
            }
            Ok(Err(error)) => {
                tracing::error!(%error, "the settings were read again and are wrong; the former ones stay in force");
            }
            Err(error) => {
                tracing::error!(%error, "the settings cannot be read again; the former ones stay in force");
            }
        }
        // Whatever was read: the server goes on.
        service_manager::reloaded();
    }
}
