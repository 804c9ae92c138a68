//! How many uses of words all rooms may keep together, and how many they keep at this moment. Pure; must not know words.

#![deny(clippy::disallowed_methods)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Uses that all rooms keep together; each takes about 170 bytes.
const ALL_USES: usize = 65_536;
/// Uses that each room may keep in any case, so that a quiet room has its words beside busy ones.
const ROOM_USES: usize = 256;

/// The uses of all rooms.
#[derive(Debug, Default)]
pub(super) struct UseBounds {
    held: AtomicUsize,
}

/// The uses of one room, counted among those of all until it is gone.
#[derive(Debug)]
pub(super) struct HeldUses {
    bounds: Arc<UseBounds>,
    uses: usize,
}

impl HeldUses {
    pub(super) fn new(bounds: Arc<UseBounds>) -> Self {
        Self { bounds, uses: 0 }
    }

    /// How many uses the room may keep if it wants so many. The room that grows makes space, not another one.
    pub(super) fn allowed(&self, wanted: usize) -> usize {
        let others = self.bounds.held.load(Ordering::Relaxed).saturating_sub(self.uses);
        wanted.min(ALL_USES.saturating_sub(others).max(ROOM_USES))
    }

    /// Counts so many instead of those it had.
    pub(super) fn set(&mut self, uses: usize) {
        self.bounds.held.fetch_add(uses, Ordering::Relaxed);
        self.bounds.held.fetch_sub(std::mem::replace(&mut self.uses, uses), Ordering::Relaxed);
    }
}

impl Drop for HeldUses {
    fn drop(&mut self) {
        self.set(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_that_grows_makes_space_and_a_quiet_one_keeps_its_words() {
        let bounds = Arc::new(UseBounds::default());
        let [mut busy, mut other, quiet] = [(); 3].map(|()| HeldUses::new(Arc::clone(&bounds)));
        assert_eq!(busy.allowed(16_000), 16_000);
        busy.set(ALL_USES - 1_000);
        assert_eq!((other.allowed(16_000), other.allowed(100)), (1_000, 100));
        other.set(1_000);
        assert_eq!((other.allowed(1_001), quiet.allowed(16_000)), (1_000, ROOM_USES));
        drop(busy);
        assert_eq!(other.allowed(16_000), 16_000);
    }
}
