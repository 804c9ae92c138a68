//! Key bindings by context: the built-in ones, overridden by the user's file. Must not know what actions do.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use super::key::{Key, KeyError};
use crate::action::{Action, KeyContext};

const DEFAULTS: &str = include_str!("../../../config/keymap.toml");

/// Why a keymap cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeymapError {
    /// The file exists but cannot be read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The file has mistakes; all of them are listed.
    #[error("{path}: {}", .reasons.join("; "))]
    Wrong {
        /// The file.
        path: PathBuf,
        /// The mistakes, one per line.
        reasons: Vec<String>,
    },
}

type Sections = BTreeMap<String, BTreeMap<String, String>>;

/// Keys and the actions they are bound to.
#[derive(Clone, Debug)]
pub struct Keymap {
    bound: HashMap<(KeyContext, Key), Action>,
}

impl Keymap {
    /// Returns the built-in bindings with those of `file` over them; a missing file changes nothing.
    ///
    /// # Errors
    /// If the file cannot be read, or names keys, contexts or actions that do not exist.
    pub fn load(file: &Path) -> Result<Self, KeymapError> {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(KeymapError::Unreadable { path: file.to_owned(), source }),
        };
        let mut keymap = Self::embedded();
        keymap.apply_overrides(&text).map_err(|reasons| KeymapError::Wrong { path: file.to_owned(), reasons })?;
        Ok(keymap)
    }

    /// Returns the built-in bindings.
    pub fn embedded() -> Self {
        let mut keymap = Self { bound: HashMap::new() };
        keymap.apply_overrides(DEFAULTS).expect("invariant: the embedded keymap is right, as a test shows");
        keymap
    }

    /// Returns the action of a key in a context.
    pub fn action(&self, context: KeyContext, key: Key) -> Option<Action> {
        self.bound.get(&(context, key)).or_else(|| self.bound.get(&(KeyContext::Everywhere, key))).copied()
    }

    /// Returns the keys of each action in each context, shortest first, as help shows them.
    pub fn keys(&self) -> HashMap<(KeyContext, Action), Vec<String>> {
        let mut keys: HashMap<_, Vec<String>> = HashMap::new();
        for ((context, key), action) in &self.bound {
            keys.entry((*context, *action)).or_default().push(key.to_string());
        }
        for keys in keys.values_mut() {
            keys.sort_by_key(|key| (key.chars().count(), key.clone()));
        }
        keys
    }

    fn apply_overrides(&mut self, text: &str) -> Result<(), Vec<String>> {
        let sections: Sections = toml::from_str(text).map_err(|error| vec![error.to_string().trim_end().to_owned()])?;
        let mut wrong = Vec::new();
        for (section, bindings) in sections {
            let Some(context) = KeyContext::ALL.into_iter().find(|context| context.name() == section) else {
                let known: Vec<_> = KeyContext::ALL.iter().map(|context| context.name()).collect();
                wrong.push(format!("there is no section [{section}]; there are {}", known.join(", ")));
                continue;
            };
            for (key, name) in bindings {
                if let Err(reason) = self.bind(context, &key, &name) {
                    wrong.push(format!("[{section}] {reason}"));
                }
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }

    fn bind(&mut self, context: KeyContext, key: &str, name: &str) -> Result<(), String> {
        let key: Key = key.parse().map_err(|error: KeyError| error.to_string())?;
        if name == "none" {
            self.bound.remove(&(context, key));
            return Ok(());
        }
        let action = Action::named(name).ok_or_else(|| format!("there is no action {name:?}; F1 lists them"))?;
        self.bound.insert((context, key), action);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Key {
        text.parse().expect("a key")
    }

    #[test]
    fn every_action_with_a_context_has_a_key() {
        let keys = Keymap::embedded().keys();
        for (spec, context) in Action::TABLE.iter().filter_map(|spec| Some((spec, spec.context?))) {
            assert!(keys.contains_key(&(context, spec.action)), "{}", spec.name);
        }
    }

    #[test]
    fn a_users_file_changes_and_takes_away_keys_and_is_checked_whole() {
        let mut keymap = Keymap::embedded();
        keymap.apply_overrides("[composer]\n\"ctrl+y\" = \"none\"\n\"alt+y\" = \"put_back\"").expect("right");
        assert_eq!(keymap.action(KeyContext::Composer, key("ctrl+y")), None);
        assert_eq!(keymap.action(KeyContext::Composer, key("alt+y")), Some(Action::PutBack));
        assert_eq!(keymap.action(KeyContext::Composer, key("f1")), Some(Action::Help));
        let wrong =
            keymap.apply_overrides("[composer]\n\"hyper+x\" = \"send\"\nx = \"fly\"\n[nowhere]\n").expect_err("wrong");
        assert_eq!(wrong.len(), 3, "{wrong:?}");
    }
}
