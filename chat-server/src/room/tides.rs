//! The live store goes and comes: what a room waits for then. Must not know what the room makes of it.

use std::time::Duration;

use chat_proto::ids::RoomId;
use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::registry::Services;
use crate::live::{Entry, LiveError};

/// Pause before the live store is asked again.
const ASK_AGAIN: Duration = Duration::from_millis(500);
/// It answers within this time.
const ANSWER_LIMIT: Duration = Duration::from_secs(1);
/// Entries put back at once.
const AT_ONCE: usize = 64;

/// What happened.
pub(super) enum Tide {
    /// What is alive is known, which was not known when the room began.
    Late(Vec<Entry>),
    /// The live store has lost what it held.
    Lost,
    /// It holds what the room does, again.
    PutBack,
}

/// What a room waits for.
pub(super) struct Tides {
    late: Option<BoxFuture<'static, Vec<Entry>>>,
    losses: watch::Receiver<u64>,
    putting_back: Option<BoxFuture<'static, ()>>,
}

impl Tides {
    /// For a room that begins: before it asks what is alive.
    pub(super) fn new(services: &Services) -> Self {
        let mut losses = services.live.losses();
        losses.mark_unchanged();
        Self { late: None, losses, putting_back: None }
    }

    /// What is alive is not known yet.
    pub(super) fn learn(&mut self, services: &Services, room: RoomId) {
        self.late = Some(late_entries(services.clone(), room));
    }

    /// Whether what is alive is not known yet.
    pub(super) fn are_late(&self) -> bool {
        self.late.is_some()
    }

    /// Waits for the next thing that happens; may be dropped and begun again.
    pub(super) async fn turn(&mut self) -> Tide {
        tokio::select! {
            entries = arrived(&mut self.late) => {
                self.late = None;
                Tide::Late(entries)
            }
            Ok(()) = self.losses.changed() => Tide::Lost,
            () = arrived(&mut self.putting_back) => {
                self.putting_back = None;
                Tide::PutBack
            }
            // A store that is gone loses nothing more.
            else => std::future::pending().await,
        }
    }

    /// Whether the store has lost something, and the room was not told yet.
    pub(super) fn have_turned(&self) -> bool {
        self.losses.has_changed().unwrap_or(false)
    }

    /// Whether the live store holds what the room does.
    pub(super) fn are_calm(&self) -> bool {
        self.putting_back.is_none()
    }

    /// Puts entries there again, for as long as it takes.
    pub(super) fn put_back(&mut self, services: Services, entries: Vec<Entry>) {
        self.losses.mark_unchanged();
        self.putting_back =
            (!entries.is_empty()).then(|| -> BoxFuture<'static, ()> { Box::pin(put_all(services, entries)) });
    }

    /// Tells of entries once more after a pause.
    pub(super) fn learn_later(&mut self, entries: Vec<Entry>, pause: Duration) {
        self.late = Some(Box::pin(async move {
            sleep(pause).await;
            entries
        }));
    }
}

/// Asks for what is alive once the live store can be used, until it answers.
fn late_entries(services: Services, room: RoomId) -> BoxFuture<'static, Vec<Entry>> {
    Box::pin(async move {
        loop {
            if !is_there(&services).await {
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
async fn put_all(services: Services, entries: Vec<Entry>) {
    let mut rest = entries.as_slice();
    while !rest.is_empty() && is_there(&services).await {
        // Few rooms at a time: what is posted meanwhile does not wait behind all of them.
        let Ok(_turn) = services.refills.acquire().await else { return };
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
async fn is_there(services: &Services) -> bool {
    services.live.availability().wait_for(|is_available| *is_available).await.is_ok()
}

/// Waits for what is to come; for ever where nothing is.
async fn arrived<T>(coming: &mut Option<BoxFuture<'static, T>>) -> T {
    match coming {
        Some(coming) => coming.await,
        None => std::future::pending().await,
    }
}
