//! For tests: the actions that the rooms of this thread have decided. Must not know why they were asked.

use std::cell::RefCell;

use crate::access::RoomAction;

thread_local! {
    static DECIDED: RefCell<Vec<RoomAction>> = const { RefCell::new(Vec::new()) };
}

/// Notes an action that a room decides.
pub(super) fn note(action: RoomAction) {
    DECIDED.with_borrow_mut(|decided| decided.push(action));
}

/// Takes the actions noted since the last call, in order.
pub(crate) fn take() -> Vec<RoomAction> {
    DECIDED.take()
}
