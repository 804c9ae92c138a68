//! How many wrong passwords are allowed: per name and address, so that nobody can lock another person out. Must not know
//! passwords.

use std::net::IpAddr;

use chat_proto::text::Username;
use chat_proto::time::UnixMillis;
use parking_lot::Mutex;

use crate::limits::{BucketRule, Buckets, Limit, Limited};

/// Ten wrong passwords at once, then one every ten seconds.
const RULE: BucketRule = BucketRule { per_second: 1, burst: 100 };
/// The cost of one attempt.
const ATTEMPT_COST: u32 = 10;

/// The name that is tried, and the address it is tried from; no address over a Unix socket.
type AttemptOrigin = (Username, Option<IpAddr>);

/// The sign-ins that failed lately.
#[derive(Debug)]
pub struct FailedSignIns {
    is_enabled: bool,
    failures: Mutex<Buckets<AttemptOrigin>>,
}

impl FailedSignIns {
    pub(super) fn new(is_enabled: bool) -> Self {
        Self { is_enabled, failures: Mutex::new(Buckets::new(RULE)) }
    }

    /// Begins an attempt. It counts as failed until [`clear`](Self::clear), so that many at once do not pass.
    ///
    /// # Errors
    /// [`Limited`] if too many attempts failed lately.
    pub fn begin(&self, name: &Username, from: Option<IpAddr>, now: UnixMillis) -> Result<(), Limited> {
        if !self.is_enabled {
            return Ok(());
        }
        Limit::WrongPasswords.check(self.failures.lock().take((name.clone(), from), ATTEMPT_COST, now))
    }

    /// Forgets the failures of a name from an address: the sign-in succeeded.
    pub fn clear(&self, name: &Username, from: Option<IpAddr>) {
        self.failures.lock().refill(&(name.clone(), from));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_wrong_ones_and_the_next_waits_while_others_do_not() {
        let failed_sign_ins = FailedSignIns::new(true);
        let (ana, ben): (Username, Username) = ("ana".parse().expect("a name"), "ben".parse().expect("a name"));
        let (here, there) = (Some(IpAddr::from([127, 0, 0, 1])), Some(IpAddr::from([127, 0, 0, 2])));
        let now = UnixMillis(0);
        assert!((0..10).all(|_| failed_sign_ins.begin(&ana, here, now).is_ok()));
        let refused = failed_sign_ins.begin(&ana, here, now).expect_err("the eleventh");
        assert_eq!(refused, Limited { limit: Limit::WrongPasswords, retry_after_ms: 10_000 });
        assert!(failed_sign_ins.begin(&ana, there, now).is_ok(), "herself, from elsewhere");
        assert!(failed_sign_ins.begin(&ben, here, now).is_ok());
        assert!(failed_sign_ins.begin(&ana, here, now.plus_ms(10_000)).is_ok());
        failed_sign_ins.clear(&ana, here);
        assert!((0..10).all(|_| failed_sign_ins.begin(&ana, here, now.plus_ms(10_000)).is_ok()));
    }
}
