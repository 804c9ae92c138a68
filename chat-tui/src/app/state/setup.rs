//! The facts that the program begins with. Must not know who needs them.

#![deny(clippy::disallowed_methods)]

use std::collections::HashMap;

use jiff::tz::TimeZone;

use crate::action::{Action, KeyContext};

/// Facts that do not change while the program runs.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The servers' names on the screen.
    pub servers: Vec<String>,
    /// Whether they are the user's own server, which commands on this machine can restart.
    pub is_server_own: bool,
    /// Random text that makes this run's keys unique.
    pub key_token: String,
    /// The user's time zone.
    pub zone: TimeZone,
    /// The keys of each action in each context, as help shows them.
    pub keys: HashMap<(KeyContext, Action), Vec<String>>,
}

impl Setup {
    /// The shortest key of an action in a context, as help shows it.
    pub fn key(&self, context: KeyContext, action: Action) -> Option<&str> {
        self.keys.get(&(context, action))?.first().map(String::as_str)
    }

    /// The `usual` key of an action in a context if it is bound, else the shortest one.
    pub fn usual_key(&self, context: KeyContext, action: Action, usual: &str) -> Option<&str> {
        let keys = self.keys.get(&(context, action))?;
        keys.iter().find(|key| *key == usual).or(keys.first()).map(String::as_str)
    }
}
