//! The services that rooms use, and the counters they keep. Must not know a room's rules.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chat_proto::time::UnixMillis;
use tokio::sync::Semaphore;

use super::observer::RoomObserver;
use super::ring_bounds::RingBounds;
use crate::histogram::Histogram;
use crate::live::Live;
use crate::store::RoomStore;
use crate::tasks::Tasks;

/// The rooms' counters, for the log and for `/metrics`.
#[derive(Debug)]
pub struct Counters {
    /// Messages accepted.
    pub posts: AtomicU64,
    /// Frames handed to listeners.
    pub deliveries: AtomicU64,
    /// Catch-up requests answered from memory.
    pub ring_hits: AtomicU64,
    /// Catch-up requests that needed the database.
    pub ring_misses: AtomicU64,
    /// Rooms whose ephemeral messages the live store has lost and does not take back yet.
    pub refills_waiting: AtomicU64,
    /// The times from acceptance to acknowledgement, in microseconds.
    pub ack_us: Histogram,
    /// The longest of them since [`Self::take_ack_max_us`].
    ack_max_us: AtomicU64,
}

impl Default for Counters {
    fn default() -> Self {
        let zero = AtomicU64::default;
        Self {
            posts: zero(),
            deliveries: zero(),
            ring_hits: zero(),
            ring_misses: zero(),
            refills_waiting: zero(),
            ack_us: Histogram::of_times(),
            ack_max_us: zero(),
        }
    }
}

impl Counters {
    /// Counts a message acknowledged this long after it was accepted.
    pub(super) fn acknowledged(&self, after: Duration) {
        let micros = u64::try_from(after.as_micros()).unwrap_or(u64::MAX);
        self.ack_us.add(micros);
        self.ack_max_us.fetch_max(micros, Ordering::Relaxed);
    }

    /// Returns the longest acknowledgement since the last call, in microseconds.
    pub fn take_ack_max_us(&self) -> u64 {
        self.ack_max_us.swap(0, Ordering::Relaxed)
    }
}

/// The services that rooms use.
#[derive(Clone)]
pub struct Services {
    /// The database.
    pub store: Arc<dyn RoomStore>,
    /// The live store.
    pub live: Arc<dyn Live>,
    /// The clock.
    pub clock: fn() -> UnixMillis,
    /// The counters of all rooms.
    pub counters: Arc<Counters>,
    /// Sees every item that a room shows.
    pub observer: Arc<dyn RoomObserver>,
    /// Permits for refilling a live store that has lost its data.
    pub refills: Arc<Semaphore>,
    /// What rooms keep of their last events in memory.
    pub ring_bounds: Arc<RingBounds>,
    /// Runs the rooms.
    pub tasks: Tasks,
}

impl Services {
    /// Waits until the live store is available; `false` if it has been dropped.
    pub(super) async fn live_is_available(&self) -> bool {
        self.live.availability().wait_for(|is_available| *is_available).await.is_ok()
    }
}

/// Rooms that may refill the live store at once.
pub const REFILLS: usize = 4;
