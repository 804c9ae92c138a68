//! How far back a room is loaded. Must not know its messages or how they are requested.

#![deny(clippy::disallowed_methods)]

/// How far back a room is loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum History {
    /// Not requested on this connection yet.
    #[default]
    NotRequested,
    /// A page has been requested.
    Requested,
    /// A page has been requested, but the room was reset since: the answer is dropped, and the end is requested then.
    Dropped,
    /// There are older messages.
    More,
    /// Everything back to the room's beginning is loaded.
    Complete,
}

/// The loaded part of a room's past.
#[derive(Clone, Copy, Debug, Default)]
pub struct Backlog {
    /// How far back it reaches.
    pub history: History,
    /// Whether it came from disk, where ephemeral messages are missing.
    pub(in crate::app) is_restored: bool,
}

impl Backlog {
    /// Nothing is loaded any more.
    pub(in crate::app) fn reset(&mut self) {
        self.history = match self.history {
            History::Requested | History::Dropped => History::Dropped,
            History::NotRequested | History::More | History::Complete => History::NotRequested,
        };
        self.is_restored = false;
    }
}
