//! Keeps a room in step with a live store that becomes unreachable, returns or loses its data. Must not know what the
//! room does with the entries.

use std::time::Duration;

use chat_proto::ids::RoomId;
use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::services::Services;
use crate::live::{EphemeralEntry, LiveError, Put};

/// Pause before an operation that failed is tried again.
const ASK_AGAIN: Duration = Duration::from_millis(500);
/// How long an answer of the live store may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(1);
/// Entries stored at once by a refill.
const AT_ONCE: usize = 64;

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

    /// Starts a refill, which retries until all entries are stored. Replaces an earlier one.
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
            if !wait_available(&services).await {
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

/// Makes sure that the live store holds entries in this state or a newer one.
async fn refill_all(services: Services, entries: Vec<EphemeralEntry>) {
    let mut rest = entries.as_slice();
    while !rest.is_empty() && wait_available(&services).await {
        // A few rooms at a time, so that new posts do not wait behind all of them.
        let Ok(_permit) = services.refills.acquire().await else { return };
        let now = (services.clock)();
        let (some, others) = rest.split_at(rest.len().min(AT_ONCE));
        let alive = some.iter().filter(|entry| entry.is_alive(now));
        let putting: Vec<_> = alive.map(|entry| (entry, services.live.put(entry.clone(), now))).collect();
        let mut is_done = true;
        for (entry, put) in putting {
            match timeout(ANSWER_LIMIT, put).await.unwrap_or(Err(LiveError::Unavailable)) {
                // An earlier refill may have put an older state there.
                Ok(Put::KeyHeld(held)) if held.seq == entry.item().seq => {
                    drop(services.live.restore(entry.key().clone(), entry.item().clone(), now));
                }
                // An entry that does not fit will not fit the next time.
                Ok(_) | Err(LiveError::AccountFull { .. } | LiveError::RoomFull { .. }) => {}
                Err(error) => is_done &= !error.is_retryable(),
            }
        }
        if is_done {
            rest = others;
        } else {
            sleep(ASK_AGAIN).await;
        }
    }
}

/// Waits until the live store is available; `false` if it has been dropped.
async fn wait_available(services: &Services) -> bool {
    services.live.availability().wait_for(|is_available| *is_available).await.is_ok()
}

/// Waits for a pending operation. Never completes if there is none.
async fn completed<T>(pending: &mut Option<BoxFuture<'static, T>>) -> T {
    match pending {
        Some(pending) => pending.await,
        None => std::future::pending().await,
    }
}
