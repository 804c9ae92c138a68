//! What the settings say, in layers: the embedded defaults, then the user's file. Unknown keys are refused.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

const DEFAULTS: &str = include_str!("../../../config/client.toml");

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is there but cannot be read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file says something that is not allowed.
    #[error("{path}: {reason}")]
    Wrong {
        /// The file.
        path: PathBuf,
        /// What, with its line.
        reason: String,
    },
    /// `--profile` names one that does not exist.
    #[error("there is no profile {name:?} in {path}; it has: {known}")]
    NoProfile {
        /// What was asked for.
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
    /// The server to talk to; `None`: found or started on this machine.
    #[serde(deserialize_with = "empty_is_none")]
    pub server: Option<String>,
    /// The profile used where none is named.
    #[serde(deserialize_with = "empty_is_none")]
    pub profile: Option<String>,
    /// The full-screen client.
    pub tui: TuiSettings,
    /// Servers by name.
    #[serde(default)]
    pub profiles: BTreeMap<String, Profile>,
}

/// What the full-screen client looks like and does.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TuiSettings {
    /// `dark`, `light`, or a file.
    pub theme: String,
    /// Whether the mouse is used.
    pub mouse: bool,
    /// How mentions are told while the terminal has no focus.
    pub notify: Notify,
}

/// How mentions are told while the terminal has no focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notify {
    /// Not at all.
    Off,
    /// By the bell.
    Bell,
    /// By the terminal's notification, and the bell where it has none.
    Terminal,
}

/// A server by name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Its address.
    pub server: String,
}

impl Settings {
    /// The settings of `file` over the defaults; a file that is not there changes nothing.
    ///
    /// # Errors
    /// Where the file cannot be read or says something that is not allowed.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        match std::fs::read_to_string(file) {
            Ok(text) => Self::layered(file, &text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::layered(file, ""),
            Err(source) => Err(ConfigError::Unreadable { path: file.to_owned(), source }),
        }
    }

    fn layered(file: &Path, text: &str) -> Result<Self, ConfigError> {
        let wrong = |error: toml::de::Error| ConfigError::Wrong {
            path: file.to_owned(),
            reason: error.to_string().trim_end().to_owned(),
        };
        let mut table: toml::Table = toml::from_str(DEFAULTS).expect("invariant: the embedded defaults are TOML");
        merge(&mut table, toml::from_str(text).map_err(wrong)?);
        table.try_into().map_err(wrong)
    }

    /// The address to use for this profile, if any is configured.
    ///
    /// # Errors
    /// [`ConfigError::NoProfile`] where the profile named does not exist.
    pub fn server_for(&self, profile: Option<&str>, file: &Path) -> Result<Option<String>, ConfigError> {
        let Some(name) = profile.or(self.profile.as_deref()) else { return Ok(self.server.clone()) };
        match self.profiles.get(name) {
            Some(profile) => Ok(Some(profile.server.clone())),
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

fn merge(base: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(base)), toml::Value::Table(over)) => merge(base, over),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

fn empty_is_none<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    String::deserialize(deserializer).map(|text| Some(text).filter(|text| !text.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> Result<Settings, ConfigError> {
        Settings::layered(Path::new("client.toml"), text)
    }

    #[test]
    fn a_file_needs_only_what_differs() {
        let settings = settings("[tui]\nmouse = false\n[profiles.work]\nserver = \"ws://h\"").expect("right");
        assert!(!settings.tui.mouse);
        assert_eq!(settings.tui.theme, "dark");
        assert_eq!(settings.server, None);
        let server = settings.server_for(Some("work"), Path::new("client.toml"));
        assert_eq!(server.expect("there is one").as_deref(), Some("ws://h"));
    }

    #[test]
    fn unknown_keys_and_profiles_are_refused() {
        assert!(settings("colour = 1").is_err());
        assert!(settings("[tui]\nthme = \"dark\"").is_err());
        let error = settings("").expect("right").server_for(Some("x"), Path::new("f")).expect_err("no such profile");
        assert!(error.to_string().contains("it has: none"), "{error}");
    }
}
