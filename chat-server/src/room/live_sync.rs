//! Keeps a room in step with a live store that becomes unreachable, returns or loses its data. Must not know what the
//! room does with the entries.

use std::time::Duration;

use chat_proto::ids::RoomId;
use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::refill::{ANSWER_LIMIT, refill_all};
use super::services::Services;
use crate::live::EphemeralEntry;

/// Pause before an operation that failed is tried again.
const ASK_AGAIN: Duration = Duration::from_millis(500);

/// An event of the live store.
pub(super) enum LiveEvent {
    /// The entries that could not be loaded when the room started.
    Loaded(Vec<EphemeralEntry>),
    /// The live store has lost its data.
    DataLost,
    /// A refill has finished.
    Refilled,
}

/// The operations of one room that wait for the live store.
pub(super) struct LiveSync {
    deferred_load: Option<BoxFuture<'static, Vec<EphemeralEntry>>>,
    losses: watch::Receiver<u64>,
    refill: Option<BoxFuture<'static, ()>>,
}

impl LiveSync {
    /// For a room that starts. Called before its entries are loaded, so that no loss is missed.
    pub(super) fn new(services: &Services) -> Self {
        let mut losses = services.live.losses();
        losses.mark_unchanged();
        Self { deferred_load: None, losses, refill: None }
    }

    /// Loads the entries as soon as the live store answers.
    pub(super) fn load_deferred(&mut self, services: &Services, room: RoomId) {
        self.deferred_load = Some(load_when_available(services.clone(), room));
    }

    /// Waits for the next event. May be dropped and called again.
    pub(super) async fn next(&mut self) -> LiveEvent {
        tokio::select! {
            entries = completed(&mut self.deferred_load) => {
                self.deferred_load = None;
                LiveEvent::Loaded(entries)
            }
            Ok(()) = self.losses.changed() => LiveEvent::DataLost,
            () = completed(&mut self.refill) => {
                self.refill = None;
                LiveEvent::Refilled
            }
            // The live store has been dropped, and nothing is pending.
            else => std::future::pending().await,
        }
    }

    /// Whether the live store has lost data since this was last asked, or reported by [`Self::next`].
    pub(super) fn take_loss(&mut self) -> bool {
        let has_lost = self.losses.has_changed().unwrap_or(false);
        self.losses.mark_unchanged();
        has_lost
    }

    /// Whether no refill is running.
    pub(super) fn is_synced(&self) -> bool {
        self.refill.is_none()
    }

    /// Starts a refill, which retries until all entries are stored or have expired. Replaces an earlier one.
    pub(super) fn start_refill(&mut self, services: Services, entries: Vec<EphemeralEntry>) {
        self.refill =
            (!entries.is_empty()).then(|| -> BoxFuture<'static, ()> { Box::pin(refill_all(services, entries)) });
    }

    /// Reports entries as loaded again after a pause.
    pub(super) fn redeliver_after(&mut self, entries: Vec<EphemeralEntry>, pause: Duration) {
        self.deferred_load = Some(Box::pin(async move {
            sleep(pause).await;
            entries
        }));
    }
}

/// Loads the entries of a room as soon as the live store is available; retries until it answers.
fn load_when_available(services: Services, room: RoomId) -> BoxFuture<'static, Vec<EphemeralEntry>> {
    Box::pin(async move {
        loop {
            if !services.live_is_available().await {
                return std::future::pending().await;
            }
            let loading = services.live.load(room, (services.clock)());
            if let Ok(Ok(entries)) = timeout(ANSWER_LIMIT, loading).await {
                return entries;
            }
            sleep(ASK_AGAIN).await;
        }
    })
}

/// Waits for a pending operation. Never completes if there is none.
async fn completed<T>(pending: &mut Option<BoxFuture<'static, T>>) -> T {
    match pending {
        Some(pending) => pending.await,
        None => std::future::pending().await,
    }
}
