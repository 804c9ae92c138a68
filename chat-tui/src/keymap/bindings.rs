//! Key bindings by context: the built-in ones, overridden by the user's file. Must not know what actions do.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use super::key::{Key, KeyError};
use crate::action::{Action, KeyContext};
use crate::text::io_reason;

const DEFAULTS: &str = include_str!("../../../config/keymap.toml");

type Sections = BTreeMap<String, BTreeMap<String, String>>;

/// Keys and the actions they are bound to.
#[derive(Clone, Debug)]
pub struct Keymap {
    bound: HashMap<(KeyContext, Key), Action>,
}

impl Keymap {
    /// Returns the built-in bindings with those of `file` over them; a missing file changes nothing. The second value
    /// names every mistake: keys, sections and actions that do not exist. The other lines hold.
    pub fn load(file: &Path) -> (Self, Vec<String>) {
        let mut keymap = Self::embedded();
        let faults = match std::fs::read_to_string(file) {
            Ok(text) => keymap.apply_overrides(&text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => vec![format!("cannot be read: {}", io_reason(&error))],
        };
        (keymap, faults)
    }

    /// Returns the built-in bindings.
    pub fn embedded() -> Self {
        let mut keymap = Self { bound: HashMap::new() };
        let faults = keymap.apply_overrides(DEFAULTS);
        debug_assert!(faults.is_empty(), "{faults:?}");
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

    /// Applies the lines that are right. Returns the mistakes in the others.
    fn apply_overrides(&mut self, text: &str) -> Vec<String> {
        let sections: Sections = match toml::from_str(text) {
            Ok(sections) => sections,
            Err(error) => return vec![error.to_string().trim_end().to_owned()],
        };
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
        wrong
    }

    fn bind(&mut self, context: KeyContext, key: &str, name: &str) -> Result<(), String> {
        let key: Key = key.parse().map_err(|error: KeyError| error.to_string())?;
        if name == "none" {
            self.bound.remove(&(context, key));
            return Ok(());
        }
        let action = Action::named(name).ok_or_else(|| format!("there is no action {name:?}; F1 shows their names"))?;
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
        let wrong = keymap.apply_overrides("[composer]\n\"ctrl+y\" = \"none\"\n\"alt+y\" = \"put_back\"");
        assert_eq!(wrong, Vec::<String>::new());
        assert_eq!(keymap.action(KeyContext::Composer, key("ctrl+y")), None);
        assert_eq!(keymap.action(KeyContext::Composer, key("alt+y")), Some(Action::PutBack));
        assert_eq!(keymap.action(KeyContext::Composer, key("f1")), Some(Action::Help));
        let text = "[composer]\n\"hyper+x\" = \"send\"\nx = \"fly\"\n\"alt+x\" = \"send\"\n[nowhere]\n";
        let wrong = keymap.apply_overrides(text);
        assert_eq!(wrong.len(), 3, "{wrong:?}");
        assert_eq!(keymap.action(KeyContext::Composer, key("alt+x")), Some(Action::Send), "a right line among them");
    }
}
