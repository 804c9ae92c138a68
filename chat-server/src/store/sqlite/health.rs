//! Collects from several threads whether writes are taken, and tells those who ask or wait for it. Must not know how a fault
//! is found.

use parking_lot::Mutex;
use tokio::sync::watch;

use crate::store::{Health, StoreError};

/// The faults at this moment.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each fault comes and goes by itself")]
struct Faults {
    is_damaged: bool,
    is_failing: bool,
    is_displaced: bool,
    is_ended: bool,
}

/// The health of an open database.
#[derive(Debug, Default)]
pub(super) struct Switch {
    faults: Mutex<Faults>,
    health: watch::Sender<Health>,
}

impl Switch {
    /// Notes a damaged page, until the server is restarted: elsewhere the next write may be kept.
    pub(super) fn note(&self, error: &StoreError) {
        if matches!(error, StoreError::Damaged(_)) {
            self.set(|faults| faults.is_damaged = true);
        }
    }

    /// The last transaction failed, or was kept.
    pub(super) fn set_failing(&self, is_failing: bool) {
        self.set(|faults| faults.is_failing = is_failing);
    }

    /// The files are not where they were, or are again. Returns whether that is new.
    pub(super) fn set_displaced(&self, is_displaced: bool) -> bool {
        self.set(|faults| faults.is_displaced = is_displaced)
    }

    /// The writer has ended for good. Returns whether that is new.
    pub(super) fn set_ended(&self) -> bool {
        self.set(|faults| faults.is_ended = true)
    }

    /// Returns whether the last transaction failed.
    pub(super) fn is_failing(&self) -> bool {
        self.faults.lock().is_failing
    }

    /// Why no write may be tried; a failing database may be tried again.
    pub(super) fn refusal(&self) -> Option<StoreError> {
        match *self.health.borrow() {
            Health::Writable | Health::Damaged | Health::Failing => None,
            Health::Displaced => Some(StoreError::Displaced),
            Health::Ended => Some(StoreError::Ended),
        }
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<Health> {
        self.health.subscribe()
    }

    /// Returns whether the health has changed.
    fn set(&self, change: impl FnOnce(&mut Faults)) -> bool {
        // Held while subscribers are notified, so that they see the changes in order.
        let mut faults = self.faults.lock();
        change(&mut faults);
        let health = match *faults {
            Faults { is_ended: true, .. } => Health::Ended,
            Faults { is_displaced: true, .. } => Health::Displaced,
            Faults { is_failing: true, .. } => Health::Failing,
            Faults { is_damaged: true, .. } => Health::Damaged,
            Faults { is_damaged: false, is_failing: false, is_displaced: false, is_ended: false } => Health::Writable,
        };
        self.health.send_if_modified(|was| std::mem::replace(was, health) != health)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_fault_counts_and_the_others_are_not_forgotten() {
        let switch = Switch::default();
        let health = switch.subscribe();
        switch.set_failing(true);
        assert_eq!((*health.borrow(), switch.refusal()), (Health::Failing, None));
        assert!(switch.set_displaced(true));
        assert!(!switch.set_displaced(true), "told once");
        assert_eq!((*health.borrow(), switch.refusal()), (Health::Displaced, Some(StoreError::Displaced)));
        switch.set_displaced(false);
        assert_eq!(*health.borrow(), Health::Failing);
        switch.set_failing(false);
        assert_eq!(*health.borrow(), Health::Writable);
        switch.note(&StoreError::NotFound);
        assert_eq!(*health.borrow(), Health::Writable);
        switch.note(&StoreError::damaged(std::fmt::Error));
        switch.set_failing(false);
        assert_eq!((*health.borrow(), switch.refusal()), (Health::Damaged, None), "writes elsewhere go on");
        assert!(switch.set_ended());
        switch.set_failing(false);
        assert_eq!((*health.borrow(), switch.refusal()), (Health::Ended, Some(StoreError::Ended)));
    }
}
