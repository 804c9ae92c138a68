//! How often one network address may knock: connections that say `hello`.

use std::collections::HashMap;
use std::net::IpAddr;

use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::time::UnixMillis;
use parking_lot::Mutex;

use super::conversation::Origin;
use crate::limits::{BucketRule, Take, TokenBucket};

/// A team behind one address that comes back after a restart, all at once.
const RULE: BucketRule = BucketRule { per_second: 20, burst: 500 };
/// Addresses remembered; beyond it those that were quiet are forgotten.
const REMEMBERED: usize = 10_000;

/// The addresses that knocked of late.
#[derive(Debug)]
pub(super) struct Doors {
    is_enabled: bool,
    knocks: Mutex<HashMap<IpAddr, TokenBucket>>,
}

impl Doors {
    pub(super) fn new(is_enabled: bool) -> Self {
        Self { is_enabled, knocks: Mutex::default() }
    }

    /// Whether a connection from there may sign in now; those of this machine always may.
    pub(super) fn enter(&self, origin: Origin, now: UnixMillis) -> Result<(), ErrorBody> {
        let Some(address) = origin.address.filter(|_| self.is_enabled && !origin.is_loopback) else { return Ok(()) };
        let mut knocks = self.knocks.lock();
        if knocks.len() >= REMEMBERED {
            knocks.retain(|_, bucket| !bucket.is_full(RULE, now));
        }
        match knocks.entry(address).or_insert_with(|| TokenBucket::full(RULE, now)).take(RULE, 1, now) {
            Take::Granted => Ok(()),
            Take::Refused { retry_after_ms } => {
                let message = "Too many sign-ins from your address; wait a moment.";
                Err(ErrorBody::new(ErrorCode::RateLimited, message).retry_after(retry_after_ms.unwrap_or(1_000)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(address: [u8; 4]) -> Origin {
        let address = IpAddr::from(address);
        Origin { uid: None, is_loopback: address.is_loopback(), address: Some(address) }
    }

    #[test]
    fn an_address_that_knocks_too_often_waits_and_others_and_this_machine_do_not() {
        let doors = Doors::new(true);
        let now = UnixMillis(0);
        assert!((0..500).all(|_| doors.enter(from([192, 0, 2, 1]), now).is_ok()));
        let refused = doors.enter(from([192, 0, 2, 1]), now).expect_err("too often");
        assert_eq!((refused.code, refused.retry_after_ms), (ErrorCode::RateLimited, Some(50)));
        assert!(doors.enter(from([192, 0, 2, 2]), now).is_ok());
        assert!((0..2_000).all(|_| doors.enter(from([127, 0, 0, 1]), now).is_ok()));
    }
}
