//! The standing of each account, shared by all who ask in its name, over a connection or without one. Must not know
//! connections.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use chat_proto::ids::UserId;
use parking_lot::Mutex;

use crate::access::{ServerRole, Standing};

/// Accounts before those that nobody holds any more are looked for.
const MANY: usize = 64;

/// The standings that somebody holds.
#[derive(Debug, Default)]
pub(super) struct Standings(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    standings: HashMap<UserId, Weak<Standing>>,
    /// The number of accounts at the last look.
    kept: usize,
}

impl Standings {
    /// The standing of an account: the one that is held already, or a new one.
    pub(super) fn of(&self, user: UserId) -> Arc<Standing> {
        let mut held = self.0.lock();
        if let Some(standing) = held.standings.get(&user).and_then(Weak::upgrade) {
            return standing;
        }
        if held.standings.len() >= MANY.max(2 * held.kept) {
            held.standings.retain(|_, standing| standing.strong_count() > 0);
            held.kept = held.standings.len();
        }
        let standing = Arc::new(Standing::new(ServerRole::Account));
        held.standings.insert(user, Arc::downgrade(&standing));
        standing
    }

    /// The standing of an account, if somebody holds it.
    pub(super) fn held(&self, user: UserId) -> Option<Arc<Standing>> {
        self.0.lock().standings.get(&user).and_then(Weak::upgrade)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standing_lives_while_anyone_holds_it() {
        let standings = Standings::default();
        let first = standings.of(UserId(1));
        assert!(Arc::ptr_eq(&first, &standings.of(UserId(1))));
        for user in 2..1_000 {
            drop(standings.of(UserId(user)));
        }
        assert!(Arc::ptr_eq(&first, &standings.of(UserId(1))));
        assert!(standings.0.lock().standings.len() <= MANY, "those that nobody holds are forgotten");
        drop(first);
        assert!(standings.held(UserId(1)).is_none());
    }
}
