//! Logs damaged rows of items, each once. Must not know who reads them, or what is wrong with them.

use std::collections::BTreeSet;

use chat_proto::ids::{RoomId, Seq};
use parking_lot::Mutex;

use crate::store::StoreError;

/// The most rows that the log names.
const NAMED_MAX: usize = 1_000;

/// The rows that the log has named: a damaged row is read again and again.
static LOGGED: Mutex<BTreeSet<(RoomId, Seq)>> = Mutex::new(BTreeSet::new());

/// Logs a damaged row, once.
pub(super) fn log((room, seq): (RoomId, Seq), error: &StoreError) {
    let mut logged = LOGGED.lock();
    if logged.len() < NAMED_MAX && logged.insert((room, seq)) {
        let error = error.with_causes();
        tracing::error!(%room, %seq, error, "a damaged row; readers get a damaged message. `doctor` lists all of them");
    }
}
