//! The few keys by which one finds all others: each is shown until it was used once, in this run or an earlier one. Must
//! not know how they are bound or drawn.

#![deny(clippy::disallowed_methods)]

use std::collections::BTreeSet;

use super::outcomes::Outcomes;
use crate::action::Action;
use crate::app::state::effect::PersistOp;
use crate::app::state::room_key::ServerKey;

/// A key that is shown until it was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FirstKey {
    /// Shows all keys.
    Help,
    /// Goes to a room.
    Go,
    /// Begins a command.
    Command,
    /// Leaves the program.
    Leave,
}

impl FirstKey {
    /// All of them, as they are shown.
    pub const ALL: [Self; 4] = [Self::Help, Self::Go, Self::Command, Self::Leave];

    /// Its name on disk.
    pub fn name(self) -> &'static str {
        match self {
            Self::Help => "help",
            Self::Go => "go",
            Self::Command => "command",
            Self::Leave => "leave",
        }
    }

    /// The key that an action stands for.
    pub fn of(action: Action) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.action() == Some(action))
    }

    /// Its action; `None` if it is a character that is typed.
    pub fn action(self) -> Option<Action> {
        match self {
            Self::Help => Some(Action::Help),
            Self::Go => Some(Action::SwitchRoom),
            Self::Command => None,
            Self::Leave => Some(Action::Quit),
        }
    }
}

/// The keys that were used.
#[derive(Debug, Default)]
pub struct FirstKeys {
    used: BTreeSet<FirstKey>,
}

impl FirstKeys {
    /// The keys that were never used.
    pub fn unused(&self) -> impl Iterator<Item = FirstKey> {
        FirstKey::ALL.into_iter().filter(|key| !self.used.contains(key))
    }

    /// A key was used: it is not shown again.
    pub(in crate::app) fn on_used(&mut self, key: FirstKey, server: ServerKey, out: &mut Outcomes) {
        if self.used.insert(key) {
            out.persist(server, PersistOp::StoreUsedKey(key.name()));
        }
    }

    /// Takes the names of the keys that were used in earlier runs.
    pub(in crate::app) fn restore(&mut self, names: &[String]) {
        self.used.extend(FirstKey::ALL.into_iter().filter(|key| names.iter().any(|name| name == key.name())));
    }
}
