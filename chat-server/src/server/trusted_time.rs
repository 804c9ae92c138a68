//! How far the clock is trusted when old messages are removed: a clock that was set far ahead must not remove all of them. Pure;
//! must not know who removes them.

#![deny(clippy::disallowed_methods)]

use chat_proto::time::UnixMillis;

/// A start so long after the newest message is not believed, in milliseconds: seven days, longer than a team's holidays mostly
/// are.
const BELIEVED_MS: u64 = 7 * 24 * 60 * 60 * 1_000;

/// Returns how long the clock is ahead of the newest message, in days, if that is too long to be believed.
pub fn doubtful_days(newest: Option<UnixMillis>, now: UnixMillis) -> Option<u64> {
    let ahead_ms = now.since_ms(newest?);
    (ahead_ms > BELIEVED_MS).then_some(ahead_ms / (24 * 60 * 60 * 1_000))
}

/// The time by which messages are old. It is the clock's unless the server has started too long after the newest message: then
/// only the time since the start has passed for certain.
#[derive(Clone, Copy, Debug)]
pub(super) struct TrustedTime {
    started: UnixMillis,
    /// The newest message at the start, if the clock is doubtful.
    newest: Option<UnixMillis>,
}

impl TrustedTime {
    /// For a server that has started now.
    pub(super) fn new(newest: Option<UnixMillis>, now: UnixMillis) -> Self {
        Self { started: now, newest: newest.filter(|newest| doubtful_days(Some(*newest), now).is_some()) }
    }

    pub(super) fn at(self, now: UnixMillis) -> UnixMillis {
        self.newest.map_or(now, |newest| newest.plus_ms(now.since_ms(self.started)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
    const NEWEST: UnixMillis = UnixMillis(1_763_560_927_120);

    #[test]
    fn a_clock_far_ahead_of_the_newest_message_counts_only_from_the_start_on() {
        let far = NEWEST.plus_ms(400 * DAY_MS);
        let time = TrustedTime::new(Some(NEWEST), far);
        assert_eq!((doubtful_days(Some(NEWEST), far), time.at(far)), (Some(400), NEWEST));
        assert_eq!(time.at(far.plus_ms(DAY_MS)), NEWEST.plus_ms(DAY_MS));
    }

    #[test]
    fn a_clock_that_may_be_right_is_believed() {
        for (newest, now) in
            [(Some(NEWEST), NEWEST.plus_ms(7 * DAY_MS)), (Some(NEWEST.plus_ms(5)), NEWEST), (None, NEWEST)]
        {
            assert_eq!((doubtful_days(newest, now), TrustedTime::new(newest, now).at(now)), (None, now));
        }
    }
}
