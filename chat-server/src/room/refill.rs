//! Writes a room's ephemeral messages into a live store that has lost them, again and again until they are there or have
//! expired, ever more slowly. Must not know when that is needed.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use chat_proto::ids::RoomId;
use tokio::time::{sleep, timeout};

use super::services::{Counters, Services};
use crate::live::{EphemeralEntry, LiveError, Put};

/// How long an answer of the live store may take.
pub(super) const ANSWER_LIMIT: Duration = Duration::from_secs(1);
/// Entries stored at once.
const AT_ONCE: usize = 64;
/// The first pause before entries that were refused are tried again.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Makes sure that the live store holds entries in this state or a newer one.
pub(super) async fn refill_all(services: Services, entries: Vec<EphemeralEntry>) {
    let mut waiting = Waiting::new(&services, entries.first().map(EphemeralEntry::room));
    let mut rest = entries.as_slice();
    while !rest.is_empty() && services.live_is_available().await {
        let (some, others) = rest.split_at(rest.len().min(AT_ONCE));
        let refused = {
            // A few rooms at a time, so that new posts do not wait behind all of them.
            let Ok(_permit) = services.refills.acquire().await else { return };
            store(&services, some).await
        };
        match refused {
            None => {
                rest = others;
                waiting.end();
            }
            // Messages that expire meanwhile are not tried again, so this ends.
            Some(error) => sleep(waiting.pause(&error)).await,
        }
    }
}

/// Stores some entries. Returns why one of them has to be tried again.
async fn store(services: &Services, entries: &[EphemeralEntry]) -> Option<LiveError> {
    let now = (services.clock)();
    let alive = entries.iter().filter(|entry| entry.is_alive(now));
    let putting: Vec<_> = alive.map(|entry| (entry, services.live.put(entry.clone(), now))).collect();
    let mut refused = None;
    for (entry, put) in putting {
        match timeout(ANSWER_LIMIT, put).await.unwrap_or(Err(LiveError::Unavailable)) {
            // An earlier refill may have put an older state there.
            Ok(Put::KeyHeld(held)) if held.seq == entry.seq() => {
                drop(services.live.restore(entry.key(), entry.item(), now));
            }
            // An entry that does not fit into its share will not fit the next time.
            Ok(_) | Err(LiveError::AccountFull { .. } | LiveError::RoomFull { .. }) => {}
            Err(error) if error.is_retryable() => refused = Some(error),
            Err(_) => {}
        }
    }
    refused
}

/// A refill that the live store refuses: its pauses, and what others see of it.
struct Waiting {
    room: Option<RoomId>,
    counters: Arc<Counters>,
    /// The next pause; `None` while nothing is refused.
    pause: Option<Duration>,
}

impl Waiting {
    fn new(services: &Services, room: Option<RoomId>) -> Self {
        Self { room, counters: Arc::clone(&services.counters), pause: None }
    }

    /// Returns the pause before the next try, twice the last one. The first refusal is logged and counted.
    fn pause(&mut self, error: &LiveError) -> Duration {
        let pause = self.pause.unwrap_or_else(|| {
            self.counters.refills_waiting.fetch_add(1, Ordering::Relaxed);
            let room = self.room.map(tracing::field::display);
            tracing::warn!(room, %error, "ephemeral messages cannot be written back yet; a restart would lose them");
            FIRST_PAUSE
        });
        self.pause = Some((2 * pause).min(LONGEST_PAUSE));
        pause
    }

    fn end(&mut self) {
        if self.pause.take().is_some() {
            self.counters.refills_waiting.fetch_sub(1, Ordering::Relaxed);
            tracing::info!(room = self.room.map(tracing::field::display), "ephemeral messages are written back again");
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.pause.is_some() {
            self.counters.refills_waiting.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicI64;

    use chat_proto::ids::Seq;
    use chat_proto::time::UnixMillis;

    use super::super::tests::services;
    use super::*;
    use crate::live::{Live, MemoryCaps, MemoryLive, conformance};

    const LIFE_MS: u64 = 3_600_000;
    static NOW: AtomicI64 = AtomicI64::new(0);

    fn clock() -> UnixMillis {
        UnixMillis(NOW.load(Ordering::Relaxed))
    }

    fn waiting(services: &Services) -> u64 {
        services.counters.refills_waiting.load(Ordering::Relaxed)
    }

    /// Services over a live store that is full with one entry of another room.
    fn full() -> (Services, Arc<MemoryLive>, tempfile::TempDir) {
        let entry = conformance::entry(9, 1, clock(), LIFE_MS);
        let live = Arc::new(MemoryLive::new(MemoryCaps { total_bytes: 400, ..MemoryCaps::default() }));
        drop(live.put(entry, clock()));
        let (services, folder) = services(clock);
        (Services { live: live.clone(), ..services }, live, folder)
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_live_store_is_asked_ever_more_slowly_until_it_takes_the_messages_or_they_expire() {
        let (services, live, _folder) = full();
        let refill = tokio::spawn(refill_all(services.clone(), vec![conformance::entry(1, 2, clock(), LIFE_MS)]));
        sleep(Duration::from_mins(10)).await;
        assert_eq!((waiting(&services), refill.is_finished()), (1, false));
        live.undo(conformance::entry(9, 1, clock(), LIFE_MS).key(), Seq(1)).await.expect("undone");
        sleep(LONGEST_PAUSE).await;
        assert_eq!((waiting(&services), refill.is_finished()), (0, true));
        assert_eq!(live.load(RoomId(1), clock()).await.map(|entries| entries.len()), Ok(1));

        let refill = tokio::spawn(refill_all(services.clone(), vec![conformance::entry(1, 3, clock(), 1_000)]));
        sleep(Duration::from_mins(10)).await;
        assert_eq!((waiting(&services), refill.is_finished()), (1, false));
        NOW.store(1_000, Ordering::Relaxed);
        sleep(LONGEST_PAUSE).await;
        assert_eq!((waiting(&services), refill.is_finished()), (0, true), "it has expired");
    }

    #[tokio::test]
    async fn pauses_double_up_to_half_a_minute_and_begin_anew_after_a_success() {
        let (services, _, _folder) = full();
        let mut waiting_refill = Waiting::new(&services, None);
        let error = LiveError::OutOfMemory;
        let pauses: Vec<_> = (0..8).map(|_| waiting_refill.pause(&error).as_millis()).collect();
        assert_eq!(pauses, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
        assert_eq!(waiting(&services), 1, "counted once");
        waiting_refill.end();
        assert_eq!((waiting_refill.pause(&error), waiting(&services)), (FIRST_PAUSE, 1));
        drop(waiting_refill);
        assert_eq!(waiting(&services), 0);
    }
}
