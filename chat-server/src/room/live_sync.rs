//! The live store goes and comes: what a room waits for then. Must not know what the room makes of it.

use std::time::Duration;

use chat_proto::ids::RoomId;
use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::registry::Services;
use crate::live::{EphemeralEntry, LiveError};

/// Pause before the live store is asked again.
const ASK_AGAIN: Duration = Duration::from_millis(500);
/// It answers within this time.
const ANSWER_LIMIT: Duration = Duration::from_secs(1);
/// Entries put back at once.
const AT_ONCE: usize = 64;

/// What happened.
pub(super) enum LiveEvent {
    /// What is alive is known, which was not known when the room began.
    Loaded(Vec<EphemeralEntry>),
    /// The live store has lost what it held.
    DataLost,
    /// It holds what the room does, again.
    Refilled,
}

/// What a room waits for.
pub(super) struct LiveSync {
    deferred_load: Option<BoxFuture<'static, Vec<EphemeralEntry>>>,
    losses: watch::Receiver<u64>,
    refill: Option<BoxFuture<'static, ()>>,
}

impl LiveSync {
    /// For a room that begins: before it asks what is alive.
    pub(super) fn new(services: &Services) -> Self {
        let mut losses = services.live.losses();
        losses.mark_unchanged();
        Self { deferred_load: None, losses, refill: None }
    }

    /// What is alive is not known yet.
    pub(super) fn load_deferred(&mut self, services: &Services, room: RoomId) {
        self.deferred_load = Some(load_when_available(services.clone(), room));
    }

    /// Whether what is alive is not known yet.
    pub(super) fn is_load_pending(&self) -> bool {
        self.deferred_load.is_some()
    }

    /// Waits for the next thing that happens; may be dropped and begun again.
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
            // A store that is gone loses nothing more.
            else => std::future::pending().await,
        }
    }

    /// Whether the store has lost something, and the room was not told yet.
    pub(super) fn has_lost_data(&self) -> bool {
        self.losses.has_changed().unwrap_or(false)
    }

    /// Whether the live store holds what the room does.
    pub(super) fn is_synced(&self) -> bool {
        self.refill.is_none()
    }

    /// Puts entries there again, for as long as it takes.
    pub(super) fn start_refill(&mut self, services: Services, entries: Vec<EphemeralEntry>) {
        self.losses.mark_unchanged();
        self.refill =
            (!entries.is_empty()).then(|| -> BoxFuture<'static, ()> { Box::pin(refill_all(services, entries)) });
    }

    /// Tells of entries once more after a pause.
    pub(super) fn redeliver_after(&mut self, entries: Vec<EphemeralEntry>, pause: Duration) {
        self.deferred_load = Some(Box::pin(async move {
            sleep(pause).await;
            entries
        }));
    }
}

/// Asks for what is alive once the live store can be used, until it answers.
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

/// Puts entries into the live store; one that holds them already keeps what it holds.
async fn refill_all(services: Services, entries: Vec<EphemeralEntry>) {
    let mut rest = entries.as_slice();
    while !rest.is_empty() && wait_available(&services).await {
        // Few rooms at a time: what is posted meanwhile does not wait behind all of them.
        let Ok(_permit) = services.refills.acquire().await else { return };
        let now = (services.clock)();
        let (some, others) = rest.split_at(rest.len().min(AT_ONCE));
        let alive = some.iter().filter(|entry| entry.is_alive(now));
        let putting: Vec<_> = alive.map(|entry| services.live.put(entry.clone(), now)).collect();
        let mut is_done = true;
        for put in putting {
            let answer = timeout(ANSWER_LIMIT, put).await.unwrap_or(Err(LiveError::Unavailable));
            // What does not fit would not fit the next time, either.
            is_done &=
                !matches!(answer, Err(error) if error.is_retryable() && !matches!(error, LiveError::RoomFull { .. }));
        }
        if is_done {
            rest = others;
        } else {
            sleep(ASK_AGAIN).await;
        }
    }
}

/// Waits until the live store can be used; `false` where it never will.
async fn wait_available(services: &Services) -> bool {
    services.live.availability().wait_for(|is_available| *is_available).await.is_ok()
}

/// Waits for what is to come; for ever where nothing is.
async fn completed<T>(pending: &mut Option<BoxFuture<'static, T>>) -> T {
    match pending {
        Some(pending) => pending.await,
        None => std::future::pending().await,
    }
}
