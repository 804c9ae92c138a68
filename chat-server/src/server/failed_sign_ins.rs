//! How many wrong passwords are allowed: for a name from one network, so that nobody can lock another person out, for an
//! account by those who are signed in, and for all names from one network. Must not know passwords.

use chat_proto::ids::UserId;
use chat_proto::text::Username;
use chat_proto::time::UnixMillis;
use parking_lot::Mutex;

use crate::access::{Origin, Source};
use crate::limits::{BucketRule, Buckets, Limit, Limited};

/// The cost of one attempt.
const ATTEMPT_COST: u32 = 10;
/// Ten wrong passwords at once, then one every ten seconds.
const OF_ACCOUNT: BucketRule = BucketRule { per_second: 1, burst: 10 * ATTEMPT_COST };
/// Fifty at once, whatever the names, then one every five seconds: those of a team behind one address.
const OF_NETWORK: BucketRule = BucketRule { per_second: 2, burst: 50 * ATTEMPT_COST };

/// Whose password is guessed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Guessed {
    /// That of a name, whether there is such an account or not.
    Name(Username, Source),
    /// That of the account someone is signed in to.
    Account(UserId),
}

/// The sign-ins that failed lately.
#[derive(Debug)]
pub struct FailedSignIns {
    is_enabled: bool,
    of_accounts: Mutex<Buckets<Guessed>>,
    of_networks: Mutex<Buckets<Source>>,
}

/// One attempt. Dropped, it counts as a wrong password.
#[derive(Debug)]
#[must_use]
pub struct Attempt<'a> {
    to: &'a FailedSignIns,
    guessed: Guessed,
    /// `None`: this machine's own, or a name that is known there; nothing is counted for the network.
    network: Option<Source>,
}

impl FailedSignIns {
    pub(super) fn new(is_enabled: bool) -> Self {
        let (of_accounts, of_networks) = (Mutex::new(Buckets::new(OF_ACCOUNT)), Mutex::new(Buckets::new(OF_NETWORK)));
        Self { is_enabled, of_accounts, of_networks }
    }

    /// Begins a sign-in with a name. It counts as wrong until it is known to be right, so that many at once do not pass. One
    /// with a name that is known in its network is not counted for the network, and does not wait for it: those who guess
    /// names there lock out nobody who has signed in from there.
    ///
    /// # Errors
    /// [`Limited`] if too many attempts failed lately, for this name or from this network.
    pub fn begin(
        &self,
        name: &Username,
        from: Origin,
        is_known: bool,
        now: UnixMillis,
    ) -> Result<Attempt<'_>, Limited> {
        let source = from.source();
        let network = (!from.is_loopback && !is_known).then_some(source);
        self.begin_guess(Guessed::Name(name.clone(), source), network, now)
    }

    /// Begins a check of the present password by someone who is signed in, as [`begin`](Self::begin) does.
    ///
    /// # Errors
    /// [`Limited`] if too many attempts failed lately.
    pub fn begin_again(&self, user: UserId, now: UnixMillis) -> Result<Attempt<'_>, Limited> {
        self.begin_guess(Guessed::Account(user), None, now)
    }

    fn begin_guess(&self, guessed: Guessed, network: Option<Source>, now: UnixMillis) -> Result<Attempt<'_>, Limited> {
        let attempt = Attempt { to: self, guessed, network };
        if !self.is_enabled {
            return Ok(attempt);
        }
        if let Some(network) = network {
            Limit::WrongNames.check(self.of_networks.lock().take(network, ATTEMPT_COST, now))?;
        }
        let taken = self.of_accounts.lock().take(attempt.guessed.clone(), ATTEMPT_COST, now);
        Limit::WrongPasswords.check(taken).inspect_err(|_| attempt.give_back_to_network())?;
        Ok(attempt)
    }
}

impl Attempt<'_> {
    /// The password was right: the account's failures are forgotten, those for other names are not.
    pub fn succeeded(self) {
        self.to.of_accounts.lock().refill(&self.guessed);
        self.give_back_to_network();
    }

    /// The password was not looked at: the server was busy, or has failed.
    pub fn was_not_judged(self) {
        self.to.of_accounts.lock().give_back(&self.guessed, ATTEMPT_COST);
        self.give_back_to_network();
    }

    fn give_back_to_network(&self) {
        if let Some(network) = &self.network {
            self.to.of_networks.lock().give_back(network, ATTEMPT_COST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(0);

    fn name(name: &str) -> Username {
        name.parse().expect("a name")
    }

    fn from(address: [u8; 4]) -> Origin {
        Origin { uid: None, is_loopback: address[0] == 127, address: Some(address.into()) }
    }

    fn is_begun(failed: &FailedSignIns, who: &str, from: Origin, now: UnixMillis) -> bool {
        failed.begin(&name(who), from, false, now).is_ok()
    }

    #[test]
    fn ten_wrong_ones_and_the_next_waits_while_others_do_not() {
        let failed = FailedSignIns::new(true);
        let (here, there) = (from([127, 0, 0, 1]), from([127, 0, 0, 2]));
        assert!((0..10).all(|_| is_begun(&failed, "ana", here, NOW)));
        let refused = failed.begin(&name("ana"), here, false, NOW).expect_err("the eleventh");
        assert_eq!(refused, Limited { limit: Limit::WrongPasswords, retry_after_ms: 10_000 });
        assert!(is_begun(&failed, "ana", there, NOW), "herself, from elsewhere");
        assert!(is_begun(&failed, "ben", here, NOW));
        let later = NOW.plus_ms(10_000);
        failed.begin(&name("ana"), here, false, later).expect("one more").succeeded();
        assert!((0..10).all(|_| is_begun(&failed, "ana", here, later)));
    }

    #[test]
    fn what_a_busy_server_does_not_judge_is_no_wrong_password() {
        let failed = FailedSignIns::new(true);
        let away = from([192, 0, 2, 1]);
        for _ in 0..200 {
            failed.begin(&name("ana"), away, false, NOW).expect("none was wrong").was_not_judged();
        }
        assert!((0..10).all(|_| is_begun(&failed, "ana", away, NOW)));
        assert!(!is_begun(&failed, "ana", away, NOW));
    }

    #[test]
    fn many_names_from_one_network_must_wait_and_a_right_password_resets_only_its_own_name() {
        let failed = FailedSignIns::new(true);
        let away = from([192, 0, 2, 1]);
        let tried = (0..300).filter(|n| is_begun(&failed, &format!("name{n}"), away, NOW)).count();
        assert_eq!(tried, 50);
        let refused = failed.begin(&name("ana"), away, false, NOW).expect_err("too many");
        assert_eq!(refused, Limited { limit: Limit::WrongNames, retry_after_ms: 5_000 });
        assert!(is_begun(&failed, "ana", from([192, 0, 2, 2]), NOW));
        let later = NOW.plus_ms(5_000);
        failed.begin(&name("mallory"), away, false, later).expect("one more").succeeded();
        assert!(is_begun(&failed, "name400", away, later), "the right one cost nothing");
        assert!(!is_begun(&failed, "name401", away, later));
        assert!((0..300).all(|n| is_begun(&failed, &format!("name{n}"), from([127, 0, 0, 1]), NOW)));
    }

    #[test]
    fn a_name_that_is_known_in_a_network_does_not_wait_for_those_who_guess_names_there() {
        let failed = FailedSignIns::new(true);
        let nat = from([192, 0, 2, 1]);
        assert_eq!((0..60).filter(|n| is_begun(&failed, &format!("name{n}"), nat, NOW)).count(), 50);
        assert!(!is_begun(&failed, "ana", nat, NOW));
        let wrong = (0..12).filter(|_| failed.begin(&name("ana"), nat, true, NOW).is_ok()).count();
        assert_eq!(wrong, 10, "guesses at this name are counted as ever");
    }

    #[test]
    fn guesses_of_those_who_are_signed_in_are_counted_by_account() {
        let failed = FailedSignIns::new(true);
        assert!((0..10).all(|_| failed.begin_again(UserId(5), NOW).is_ok()));
        assert!(failed.begin_again(UserId(5), NOW).is_err());
        assert!(failed.begin_again(UserId(6), NOW).is_ok());
    }
}
