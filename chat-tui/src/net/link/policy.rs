//! How persistent a link is, by who uses it. Pure: must not know the link's state.

#![deny(clippy::disallowed_methods)]

/// How long commands try to find a server, in milliseconds.
const FIRST_WELCOME_WITHIN_MS: u64 = 5_000;
/// The longest pause between two tries of somebody who waits for the first welcome.
const LONGEST_PAUSE_AT_FIRST_MS: u64 = 500;
/// The longest pause between two tries of somebody who stays.
const LONGEST_PAUSE_MS: u64 = 30_000;

/// Who uses a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Policy {
    /// The screen: never gives up, and after a refusal waits for the person to retry.
    Screen,
    /// A command that follows rooms: gives up if the first connection fails, never later.
    Follow,
    /// A command that asks and ends: one connection, for which it tries a few seconds.
    OneShot,
}

impl Policy {
    /// The time within which a server must let us in for the first time. `None`: there is no limit.
    pub(super) fn first_welcome_within_ms(self) -> Option<u64> {
        match self {
            Self::Screen => None,
            Self::Follow | Self::OneShot => Some(FIRST_WELCOME_WITHIN_MS),
        }
    }

    /// Whether the link connects again after a connection was lost.
    pub(super) fn reconnects(self) -> bool {
        match self {
            Self::Screen | Self::Follow => true,
            Self::OneShot => false,
        }
    }

    /// The longest pause between two tries, in milliseconds.
    pub(super) fn longest_pause_ms(self, was_welcomed: bool) -> u64 {
        match self {
            Self::Follow | Self::OneShot if !was_welcomed => LONGEST_PAUSE_AT_FIRST_MS,
            Self::Screen | Self::Follow | Self::OneShot => LONGEST_PAUSE_MS,
        }
    }

    /// Whether the server is prepared (started, if it is the user's own) before the first try, too. Commands have done
    /// that when they looked for its address.
    pub(super) fn prepares_first_try(self) -> bool {
        match self {
            Self::Screen => true,
            Self::Follow | Self::OneShot => false,
        }
    }

    /// Whether a link that has stopped waits for the person to retry; otherwise it ends.
    pub(super) fn can_be_retried(self) -> bool {
        match self {
            Self::Screen => true,
            Self::Follow | Self::OneShot => false,
        }
    }
}
