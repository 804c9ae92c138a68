//! How often one network may sign in: connections that say `hello`. Those with a token, and those with a name that has signed in
//! from there, have shares of their own, which a flood of guesses does not use up. Must not know passwords.

use std::collections::{HashSet, VecDeque};

use chat_proto::text::Username;
use chat_proto::time::UnixMillis;
use parking_lot::Mutex;

use crate::access::{Origin, Source};
use crate::limits::{BucketRule, Buckets, Limit, Limited};

/// Enough for a team behind one address that reconnects after a restart, all at once.
const RULE: BucketRule = BucketRule { per_second: 20, burst: 500 };
/// Names of networks that are remembered; the oldest are forgotten first.
const KNOWN_MAX: usize = 10_000;

/// Whose share a sign-in uses.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Share {
    /// All that prove who they are without a password.
    Proofs(Source),
    /// One name that is known there.
    Known(Source, Username),
    /// All other names.
    Names(Source),
}

/// The addresses that signed in lately.
#[derive(Debug)]
pub struct SignInLimiter {
    is_enabled: bool,
    attempts: Mutex<Buckets<Share>>,
    known: Mutex<KnownNames>,
}

/// The names that have signed in, by network.
#[derive(Debug, Default)]
struct KnownNames {
    names: HashSet<(Source, Username)>,
    /// The same, oldest first.
    order: VecDeque<(Source, Username)>,
}

impl SignInLimiter {
    pub(super) fn new(is_enabled: bool) -> Self {
        Self { is_enabled, attempts: Mutex::new(Buckets::new(RULE)), known: Mutex::default() }
    }

    /// Charges a connection's network for a sign-in, with a password for this name or with a proof that needs none.
    /// Connections from this machine are free.
    ///
    /// # Errors
    /// [`Limited`] if the address signs in too often.
    pub fn check(&self, origin: Origin, claimed: Option<&Username>, now: UnixMillis) -> Result<(), Limited> {
        if !self.is_enabled || origin.is_loopback {
            return Ok(());
        }
        let source = origin.source();
        let share = match claimed {
            None => Share::Proofs(source),
            Some(name) if self.is_known(origin, name) => Share::Known(source, name.clone()),
            Some(_) => Share::Names(source),
        };
        Limit::SignIns.check(self.attempts.lock().take(share, 1, now))
    }

    /// Returns whether this name has signed in from there, since the server started.
    pub fn is_known(&self, origin: Origin, name: &Username) -> bool {
        !origin.is_loopback && self.known.lock().names.contains(&(origin.source(), name.clone()))
    }

    /// Remembers that this name has signed in from there.
    pub fn on_signed_in(&self, origin: Origin, name: &Username) {
        if self.is_enabled && !origin.is_loopback {
            self.known.lock().add((origin.source(), name.clone()));
        }
    }
}

impl KnownNames {
    fn add(&mut self, known: (Source, Username)) {
        if !self.names.insert(known.clone()) {
            return;
        }
        self.order.push_back(known);
        if self.order.len() > KNOWN_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.names.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    const NOW: UnixMillis = UnixMillis(0);

    fn from(address: [u8; 4]) -> Origin {
        let address = IpAddr::from(address);
        Origin { uid: None, is_loopback: address.is_loopback(), address: Some(address) }
    }

    fn name(name: &str) -> Username {
        name.parse().expect("a name")
    }

    #[test]
    fn an_address_that_signs_in_too_often_waits_and_others_and_this_machine_do_not() {
        let limiter = SignInLimiter::new(true);
        let ana = name("ana");
        assert!((0..500).all(|_| limiter.check(from([192, 0, 2, 1]), Some(&ana), NOW).is_ok()));
        let refused = limiter.check(from([192, 0, 2, 1]), Some(&ana), NOW).expect_err("too often");
        assert_eq!(refused, Limited { limit: Limit::SignIns, retry_after_ms: 50 });
        assert!(limiter.check(from([192, 0, 2, 2]), Some(&ana), NOW).is_ok());
        assert!((0..2_000).all(|_| limiter.check(from([127, 0, 0, 1]), Some(&ana), NOW).is_ok()));
    }

    #[test]
    fn guesses_at_names_keep_neither_tokens_nor_known_names_of_the_same_address_waiting() {
        let limiter = SignInLimiter::new(true);
        let (nat, ana) = (from([192, 0, 2, 1]), name("ana"));
        limiter.on_signed_in(nat, &ana);
        let passed = (0..600).filter(|n| limiter.check(nat, Some(&name(&format!("name{n}"))), NOW).is_ok()).count();
        assert_eq!(passed, 500);
        assert!(limiter.check(nat, None, NOW).is_ok() && limiter.check(nat, Some(&ana), NOW).is_ok());
        assert!(!limiter.is_known(from([192, 0, 2, 2]), &ana), "known in one network only");
    }

    #[test]
    fn names_are_forgotten_oldest_first() {
        let (limiter, nat) = (SignInLimiter::new(true), from([192, 0, 2, 1]));
        for n in 0..=KNOWN_MAX {
            limiter.on_signed_in(nat, &name(&format!("name{n}")));
            limiter.on_signed_in(nat, &name(&format!("name{n}")));
        }
        let known = limiter.known.lock();
        assert_eq!((known.names.len(), known.order.len()), (KNOWN_MAX, KNOWN_MAX));
        drop(known);
        assert!(!limiter.is_known(nat, &name("name0")) && limiter.is_known(nat, &name("name1")));
    }
}
