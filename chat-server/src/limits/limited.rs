//! A limit that was reached, as a value. Must not know how it is said to people.

use super::Take;

/// A limit that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{limit:?} limited, retry after {retry_after_ms} ms")]
pub struct Limited {
    /// Which limit.
    pub limit: Limit,
    /// When asking again will succeed, in milliseconds from now.
    pub retry_after_ms: u64,
}

/// The limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Posts of an account.
    Posts,
    /// The same text, posted again and again.
    Repeats,
    /// Changes by an account that are no posts.
    Changes,
    /// Read markers that an account moves.
    ReadMarkers,
    /// Wrong passwords for one name from one network, or for one account.
    WrongPasswords,
    /// Wrong passwords for many names from one network.
    WrongNames,
    /// Sign-ins from one network.
    SignIns,
}

impl Limit {
    /// A bucket's answer as a result. A bucket that will never hold enough is asked again after a second.
    ///
    /// # Errors
    /// [`Limited`] if the bucket holds too little.
    pub fn check(self, take: Take) -> Result<(), Limited> {
        match take {
            Take::Granted => Ok(()),
            Take::Refused { retry_after_ms } => {
                Err(Limited { limit: self, retry_after_ms: retry_after_ms.unwrap_or(1_000) })
            }
        }
    }
}
