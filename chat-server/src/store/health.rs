//! Whether a database is whole and takes writes, and if not, why. Must not know which database it is, or who asks.

use std::fmt;

/// Whether a database is whole and takes writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Health {
    /// It does.
    #[default]
    Writable,
    /// A page of it was found damaged since the start. Writes that do not need it are taken.
    Damaged,
    /// The last write failed. The store tries again by itself.
    Failing,
    /// Its folder, or a file in it, is gone or another one. It goes on once they are back.
    Displaced,
    /// The part that writes has failed. Only a restart helps.
    Ended,
}

impl Health {
    /// Whether writes are taken.
    pub fn is_writable(self) -> bool {
        match self {
            Self::Writable | Self::Damaged => true,
            Self::Failing | Self::Displaced | Self::Ended => false,
        }
    }

    /// Whether nothing is known to be wrong.
    pub fn is_whole(self) -> bool {
        match self {
            Self::Writable => true,
            Self::Damaged | Self::Failing | Self::Displaced | Self::Ended => false,
        }
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Writable => "ready",
            Self::Damaged => "the database is damaged; `chat-server doctor` says where",
            Self::Failing => "the database cannot be written",
            Self::Displaced => "the data folder, or a file in it, was removed, moved or replaced",
            Self::Ended => "the database's writer has failed; restart the server",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_with_any_fault_is_not_whole() {
        assert!(Health::Writable.is_whole());
        for health in [Health::Damaged, Health::Failing, Health::Displaced, Health::Ended] {
            assert!(!health.is_whole(), "{health}");
        }
    }
}
