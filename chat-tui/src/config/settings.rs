//! The settings: built-in defaults, then the user's file. Unknown keys are refused. Must not know how settings are
//! used.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::text::io_reason;

const DEFAULTS: &str = include_str!("../../../config/client.toml");

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// `--profile` names a profile that does not exist.
    #[error("there is no profile {name:?} in {path}; it has: {known}")]
    NoProfile {
        /// The profile asked for.
        name: String,
        /// The file.
        path: PathBuf,
        /// The profiles it has.
        known: String,
    },
}

/// The settings in force.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The server's address; `None` finds or starts one on this machine.
    #[serde(deserialize_with = "empty_is_none")]
    pub server: Option<String>,
    /// The default profile.
    #[serde(deserialize_with = "empty_is_none")]
    pub profile: Option<String>,
    /// The full-screen client.
    pub tui: TuiSettings,
    /// Servers by name.
    #[serde(default)]
    pub profiles: BTreeMap<String, Profile>,
}

/// Look and behaviour of the full-screen client.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TuiSettings {
    /// `auto`, `dark`, `light`, or a file.
    pub theme: String,
    /// Whether the mouse is used.
    pub mouse: bool,
    /// How to notify of mentions while the terminal has no focus.
    pub notify: Notify,
    /// The command that opens a link; empty finds one.
    pub opener: String,
}

/// How to notify of mentions while the terminal has no focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notify {
    /// Not at all.
    Off,
    /// With the bell.
    Bell,
    /// With a terminal notification, or the bell if the terminal has none.
    Terminal,
}

/// A server by name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Its address.
    pub server: String,
    /// Certificates in PEM form that are trusted instead of the system's.
    pub ca_file: Option<PathBuf>,
}

impl Settings {
    /// Merges `file` over the defaults and returns the valid settings with every mistake; a missing file changes
    /// nothing.
    pub fn read(file: &Path) -> (Self, Vec<String>) {
        match std::fs::read_to_string(file) {
            Ok(text) => Self::layered(&text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::layered(""),
            Err(error) => {
                let (settings, _) = Self::layered("");
                (settings, vec![format!("cannot be read: {}", io_reason(&error))])
            }
        }
    }

    fn layered(text: &str) -> (Self, Vec<String>) {
        let mut faults = Vec::new();
        let defaults: toml::Table = toml::from_str(DEFAULTS).expect("invariant: the embedded defaults are TOML");
        let mut table = defaults.clone();
        match toml::from_str::<toml::Table>(text) {
            Ok(over) => apply_overrides(&mut table, &defaults, over, &mut faults),
            Err(error) => faults.push(error.to_string().trim_end().to_owned()),
        }
        let settings = table.try_into().expect("invariant: only what fits is laid over the defaults");
        (settings, faults)
    }

    /// Returns a profile by its name.
    ///
    /// # Errors
    /// [`ConfigError::NoProfile`] if it does not exist.
    pub fn profile(&self, name: &str, file: &Path) -> Result<&Profile, ConfigError> {
        match self.profiles.get(name) {
            Some(profile) => Ok(profile),
            None => Err(ConfigError::NoProfile {
                name: name.to_owned(),
                path: file.to_owned(),
                known: match self.profiles.keys().cloned().collect::<Vec<_>>().join(", ") {
                    none if none.is_empty() => "none".to_owned(),
                    some => some,
                },
            }),
        }
    }
}

/// Merges the user's table over the defaults without its mistakes, which are added to `faults`.
fn apply_overrides(table: &mut toml::Table, defaults: &toml::Table, mut over: toml::Table, faults: &mut Vec<String>) {
    let profiles = over.remove("profiles");
    merge(table, defaults, over, "", faults);
    if let Some(toml::Value::Table(tui)) = table.get_mut("tui")
        && let Some(notify) = tui.get("notify").filter(|notify| Notify::deserialize((*notify).clone()).is_err())
    {
        faults.push(format!("tui.notify: {notify} is none of \"off\", \"bell\" and \"terminal\""));
        tui.insert("notify".into(), defaults["tui"]["notify"].clone());
    }
    if let Some(profiles) = profiles {
        table.insert("profiles".into(), toml::Value::Table(right_profiles(profiles, faults)));
    }
}

fn right_profiles(profiles: toml::Value, faults: &mut Vec<String>) -> toml::Table {
    let toml::Value::Table(profiles) = profiles else {
        faults.push("profiles: expected a table for each, for example [profiles.work]".to_owned());
        return toml::Table::new();
    };
    let mut right = toml::Table::new();
    let like = ["server", "ca_file"].map(|key| (key.to_owned(), toml::Value::String(String::new())));
    let like = toml::Table::from_iter(like);
    for (name, profile) in profiles {
        let path = format!("profiles.{name}");
        match profile {
            toml::Value::Table(over) => {
                let mut profile = toml::Table::new();
                let known = faults.len();
                merge(&mut profile, &like, over, &format!("{path}."), faults);
                if profile.contains_key("server") {
                    right.insert(name, toml::Value::Table(profile));
                } else if faults.len() == known {
                    faults.push(format!("{path}.server: is missing"));
                }
            }
            other => faults.push(format!("{path}: expected a table, got {}", kind(&other))),
        }
    }
    right
}

/// Merges `over` into `base`; keys that `like` does not have, and values of another type, are added to `faults`.
fn merge(base: &mut toml::Table, like: &toml::Table, over: toml::Table, path: &str, faults: &mut Vec<String>) {
    for (key, value) in over {
        match (like.get(&key), value) {
            (None, _) => {
                let known = like.keys().cloned().collect::<Vec<_>>().join(", ");
                faults.push(format!("{path}{key}: no such setting; known here: {known}"));
            }
            (Some(toml::Value::Table(like)), toml::Value::Table(over)) => {
                if let Some(toml::Value::Table(base)) = base.get_mut(&key) {
                    merge(base, like, over, &format!("{path}{key}."), faults);
                }
            }
            (Some(like), value) if like.same_type(&value) => {
                base.insert(key, value);
            }
            (Some(like), value) => {
                faults.push(format!("{path}{key}: expected {}, got {}", kind(like), kind(&value)));
            }
        }
    }
}

/// Returns a value's type with its article: `a string`, `an integer`.
fn kind(value: &toml::Value) -> String {
    let kind = value.type_str();
    let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {kind}")
}

fn empty_is_none<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    String::deserialize(deserializer).map(|text| Some(text).filter(|text| !text.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> Settings {
        let (settings, faults) = Settings::layered(text);
        assert_eq!(faults, Vec::<String>::new());
        settings
    }

    #[test]
    fn a_file_needs_only_what_differs() {
        let settings = settings("[tui]\nmouse = false\n[profiles.work]\nserver = \"ws://h\"\nca_file = \"ca.pem\"");
        assert!(!settings.tui.mouse);
        assert_eq!(settings.tui.theme, "auto");
        assert_eq!(settings.server, None);
        let profile = settings.profile("work", Path::new("client.toml")).expect("there is one");
        assert_eq!((profile.server.as_str(), &profile.ca_file), ("ws://h", &Some("ca.pem".into())));
        let error = settings.profile("x", Path::new("f")).expect_err("no such profile");
        assert!(error.to_string().contains("it has: work"), "{error}");
    }

    #[test]
    fn every_fault_is_named_and_what_is_right_holds() {
        let text = "server = \"ws://h\"\ncolour = 1\n[tui]\nmouse = \"yes\"\nnotify = \"loudly\"\ntheme = \"light\"\n\
            [profiles]\na = 1\n[profiles.b]\n[profiles.c]\nserver = 5\n[profiles.d]\nserver = \"ws://d\"\nport = 1";
        let (settings, faults) = Settings::layered(text);
        let named = [
            "colour",
            "tui.mouse",
            "tui.notify",
            "profiles.a",
            "profiles.b.server",
            "profiles.c.server",
            "profiles.d.port",
        ];
        assert_eq!(faults.len(), named.len(), "{faults:#?}");
        assert!(
            named.iter().all(|name| faults.iter().any(|fault| fault.starts_with(&format!("{name}:")))),
            "{faults:#?}"
        );
        assert_eq!((settings.server.as_deref(), settings.tui.theme.as_str()), (Some("ws://h"), "light"));
        assert_eq!((settings.tui.mouse, settings.tui.notify), (true, Notify::Terminal));
        let (_, faults) = Settings::layered("server = ");
        assert_eq!(faults.len(), 1);
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_reported_in_plain_english() {
        let faults_of = |text: &str| Settings::layered(text).1.concat();
        assert_eq!(faults_of("server = 5"), "server: expected a string, got an integer");
        assert_eq!(faults_of("tui.mouse = []"), "tui.mouse: expected a boolean, got an array");
        assert_eq!(faults_of("tui = true"), "tui: expected a table, got a boolean");
        assert_eq!(faults_of("profiles.a = 1"), "profiles.a: expected a table, got an integer");
    }
}
