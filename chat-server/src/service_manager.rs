//! Reports the server's state to the service manager that started it (systemd), as in sd_notify(3). Does nothing if there is
//! none; must not know how the server runs.
//!
//! A report waits until the manager has taken the ones before it. So a thread of its own sends them: a manager that hangs stops
//! no server.

use std::convert::Infallible;
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use sd_notify::NotifyState;

/// The variable that names the manager's socket.
const SOCKET: &str = "NOTIFY_SOCKET";
/// The shortest interval between two signs of life.
const EVERY_MIN: Duration = Duration::from_millis(10);
/// Reports that may wait for the thread.
const WAITING_MAX: usize = 16;
/// How long the last reports may take at the end.
const FINISH_LIMIT: Duration = Duration::from_secs(1);

enum Report {
    /// The server takes connections; its status says where.
    Ready(String),
    /// Since this moment of the monotonic clock: systemd refuses the word alone.
    Reloading(NotifyState<'static>),
    Reloaded,
    Alive,
    Stopping,
    /// No report: it is answered once those before it are sent.
    Finish(SyncSender<()>),
}

/// The way to the thread; `None` if there is no manager, or no thread.
static REPORTS: OnceLock<Option<SyncSender<Report>>> = OnceLock::new();

/// Reports that the server takes connections at these addresses.
pub(crate) fn ready(addresses: &[String]) {
    report(Report::Ready(format!("takes connections at {}", addresses.join(" "))));
}

/// Reports that the settings are being read again; [`reloaded`] follows.
pub(crate) fn reloading() {
    if let Ok(now) = NotifyState::monotonic_usec_now() {
        report(Report::Reloading(now));
    }
}

/// Reports that the settings have been read again.
pub(crate) fn reloaded() {
    report(Report::Reloaded);
}

/// Reports that the server is shutting down.
pub(crate) fn stopping() {
    report(Report::Stopping);
}

/// Waits a moment for the reports that were made. Call it at the end of the program.
pub(crate) fn finish() {
    let (done, finished) = sync_channel(1);
    report(Report::Finish(done));
    // Without a manager, or if the queue is full, the sender is gone at once.
    let _ = finished.recv_timeout(FINISH_LIMIT);
}

/// Sends a sign of life twice in the time that the manager allows between two. It restarts a server that stops doing so.
pub(crate) async fn keep_alive() -> Infallible {
    let Some(allowed) = sd_notify::watchdog_enabled() else { return std::future::pending().await };
    let mut ticks = tokio::time::interval((allowed / 2).max(EVERY_MIN));
    loop {
        ticks.tick().await;
        report(Report::Alive);
    }
}

fn report(report: Report) {
    if let Some(reports) = REPORTS.get_or_init(start) {
        // A full queue: the manager reads nothing, or soon reads the same again.
        let _ = reports.try_send(report);
    }
}

fn start() -> Option<SyncSender<Report>> {
    std::env::var_os(SOCKET)?;
    let (reports, received) = sync_channel(WAITING_MAX);
    let thread = std::thread::Builder::new().name("service-manager".into());
    match thread.spawn(move || send_all(&received)) {
        Ok(_) => Some(reports),
        Err(error) => {
            tracing::warn!(%error, "no reports are sent to the service manager");
            None
        }
    }
}

fn send_all(reports: &Receiver<Report>) {
    for report in reports {
        match report {
            Report::Ready(status) => send(&[NotifyState::Ready, NotifyState::Status(&status)]),
            Report::Reloading(since) => send(&[NotifyState::Reloading, since]),
            Report::Reloaded => send(&[NotifyState::Ready]),
            Report::Alive => send(&[NotifyState::Watchdog]),
            Report::Stopping => send(&[NotifyState::Stopping]),
            Report::Finish(done) => drop(done),
        }
    }
}

fn send(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the service manager does not take reports; is NOTIFY_SOCKET right?");
    }
}
