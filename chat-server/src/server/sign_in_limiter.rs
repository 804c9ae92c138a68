//! How often one network may sign in: connections that say `hello`. Must not know who signs in.

use chat_proto::time::UnixMillis;
use parking_lot::Mutex;

use crate::access::{Origin, Source};
use crate::limits::{BucketRule, Buckets, Limit, Limited};

/// Enough for a team behind one address that reconnects after a restart, all at once.
const RULE: BucketRule = BucketRule { per_second: 20, burst: 500 };

/// The addresses that signed in lately.
#[derive(Debug)]
pub struct SignInLimiter {
    is_enabled: bool,
    attempts: Mutex<Buckets<Source>>,
}

impl SignInLimiter {
    pub(super) fn new(is_enabled: bool) -> Self {
        Self { is_enabled, attempts: Mutex::new(Buckets::new(RULE)) }
    }

    /// Charges a connection's network for a sign-in. Connections from this machine are free.
    ///
    /// # Errors
    /// [`Limited`] if the address signs in too often.
    pub fn check(&self, origin: Origin, now: UnixMillis) -> Result<(), Limited> {
        if !self.is_enabled || origin.is_loopback {
            return Ok(());
        }
        Limit::SignIns.check(self.attempts.lock().take(origin.source(), 1, now))
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn from(address: [u8; 4]) -> Origin {
        let address = IpAddr::from(address);
        Origin { uid: None, is_loopback: address.is_loopback(), address: Some(address) }
    }

    #[test]
    fn an_address_that_signs_in_too_often_waits_and_others_and_this_machine_do_not() {
        let sign_in_limiter = SignInLimiter::new(true);
        let now = UnixMillis(0);
        assert!((0..500).all(|_| sign_in_limiter.check(from([192, 0, 2, 1]), now).is_ok()));
        let refused = sign_in_limiter.check(from([192, 0, 2, 1]), now).expect_err("too often");
        assert_eq!(refused, Limited { limit: Limit::SignIns, retry_after_ms: 50 });
        assert!(sign_in_limiter.check(from([192, 0, 2, 2]), now).is_ok());
        assert!((0..2_000).all(|_| sign_in_limiter.check(from([127, 0, 0, 1]), now).is_ok()));
    }
}
