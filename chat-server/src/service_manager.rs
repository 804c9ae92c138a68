//! Reports the server's state to the service manager that started it (systemd), as in sd_notify(3). Does nothing if there is
//! none; must not know how the server runs.

use std::convert::Infallible;
use std::time::Duration;

use sd_notify::NotifyState;

/// The shortest interval between two signs of life.
const EVERY_MIN: Duration = Duration::from_millis(10);

/// Reports that the server takes connections at these addresses.
pub(crate) fn ready(addresses: &[String]) {
    let status = format!("takes connections at {}", addresses.join(" "));
    report(&[NotifyState::Ready, NotifyState::Status(&status)]);
}

/// Reports that the settings are being read again; [`reloaded`] follows.
pub(crate) fn reloading() {
    // systemd wants the moment beside the word, and refuses the word alone.
    if let Ok(now) = NotifyState::monotonic_usec_now() {
        report(&[NotifyState::Reloading, now]);
    }
}

/// Reports that the settings have been read again.
pub(crate) fn reloaded() {
    report(&[NotifyState::Ready]);
}

/// Reports that the server is shutting down.
pub(crate) fn stopping() {
    report(&[NotifyState::Stopping]);
}

/// Sends a sign of life twice in the time that the manager allows between two. It restarts a server that stops doing so.
pub(crate) async fn keep_alive() -> Infallible {
    let Some(allowed) = sd_notify::watchdog_enabled() else { return std::future::pending().await };
    let mut ticks = tokio::time::interval((allowed / 2).max(EVERY_MIN));
    loop {
        ticks.tick().await;
        report(&[NotifyState::Watchdog]);
    }
}

fn report(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the service manager does not take reports; is NOTIFY_SOCKET right?");
    }
}
