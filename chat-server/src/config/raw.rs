//! The settings as written in the file and the environment. Must not know their meaning.

use std::path::Path;

use serde::Deserialize;

use super::habits;

const DEFAULTS: &str = include_str!("../../../config/server.toml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    pub server: Server,
    pub log: Log,
    pub auth: Auth,
    pub limits: Limits,
    pub rooms: Rooms,
    pub ephemeral: Ephemeral,
    pub trending: Trending,
    pub redis: Redis,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Server {
    pub listen: Vec<String>,
    pub unix: String,
    pub unix_mode: String,
    pub unix_group: String,
    pub data: String,
    pub metrics_listen: String,
    pub trusted_proxies: Vec<String>,
    pub host_names: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Log {
    pub format: String,
    pub level: String,
    pub peers: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Auth {
    pub registration: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Redis {
    pub url: String,
    pub prefix: String,
    pub required: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Limits {
    pub enabled: bool,
    pub posts_per_second: u32,
    pub posts_burst: u32,
    pub local_posts_per_second: u32,
    pub local_posts_burst: u32,
    pub connections_per_account: u32,
    pub body_max_chars: u32,
    pub body_max_bytes: u32,
    pub page_max: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rooms {
    pub default_ttl_seconds: u32,
    pub keep_days: u32,
    pub ring_events: u32,
    pub typing_ttl_ms: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "a setting names its unit")]
pub(super) struct Ephemeral {
    pub account_mib: u32,
    pub room_mib: u32,
    pub total_mib: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Trending {
    pub words: u32,
    pub word_max_chars: u32,
    pub half_life_minutes: u32,
}

/// Merges the defaults, the file and the environment, in rising priority. Adds mistakes to `problems` and unknown
/// environment variables to `warnings`. Returns the settings as a table, too.
pub(super) fn read(file: Option<&Path>, problems: &mut Vec<String>, warnings: &mut Vec<String>) -> (Raw, toml::Table) {
    let defaults = defaults();
    let mut merged = defaults.clone();
    if let Some(path) = file {
        let found = std::fs::read_to_string(path).map_err(|error| error.to_string());
        match found.and_then(|text| toml::from_str(&text).map_err(|error: toml::de::Error| error.to_string())) {
            Ok(over) => merge(&mut merged, &defaults, over, &mut Vec::new(), problems),
            Err(error) => problems.push(format!("{}: {}", path.display(), error.trim_end())),
        }
    }
    overlay(&mut merged, &|name| std::env::var(name).ok().filter(|text| !text.is_empty()), problems);
    let set = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    warnings.extend(unknown(&defaults, set));
    warnings.extend(habits::hints(|name| std::env::var_os(name).is_some()));
    let raw = merged.clone().try_into().unwrap_or_else(|error: toml::de::Error| {
        problems.push(error.message().to_owned());
        defaults.try_into().expect("invariant: the embedded settings fit")
    });
    (raw, merged)
}

/// The built-in settings.
pub(super) fn defaults() -> toml::Table {
    toml::from_str(DEFAULTS).expect("invariant: the embedded settings are TOML")
}

/// Merges `over` into `base` and names every unknown key and every value of the wrong type.
fn merge(
    base: &mut toml::Table,
    defaults: &toml::Table,
    over: toml::Table,
    path: &mut Vec<String>,
    problems: &mut Vec<String>,
) {
    for (key, value) in over {
        path.push(key.clone());
        let name = path.join(".");
        match (defaults.get(&key), value) {
            (None, _) => problems.push(format!("{name}: no such setting; known here: {}", known(defaults))),
            (Some(toml::Value::Table(inner)), toml::Value::Table(over)) => {
                if let Some(toml::Value::Table(base)) = base.get_mut(&key) {
                    merge(base, inner, over, path, problems);
                }
            }
            (Some(_), toml::Value::Integer(number)) if number < 0 || number > i64::from(u32::MAX) => {
                problems.push(format!("{name}: {number} is not from 0 to {}", u32::MAX));
            }
            (Some(default), value) if default.same_type(&value) => {
                base.insert(key, value);
            }
            (Some(default), value) => {
                problems.push(format!("{name}: is {}, but {} is needed", kind(&value), kind(default)));
            }
        }
        path.pop();
    }
}

/// Returns a value's type with its article: `a string`, `an integer`.
fn kind(value: &toml::Value) -> String {
    let kind = value.type_str();
    let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {kind}")
}

/// The prefix of our environment variables.
const OURS: &str = "CHAT_SERVER_";
/// Tables whose settings are flags, which read the environment themselves.
const FLAGS: [&str; 2] = ["server", "log"];
/// The variable that is not a setting: the path of the settings file.
const CONFIG: &str = "CHAT_SERVER_CONFIG";

/// Returns a setting's variable: `CHAT_SERVER_TABLE_KEY`, or `CHAT_SERVER_KEY` for the first table.
fn variable_of(table: &str, key: &str) -> String {
    let table = if table == "server" { String::new() } else { format!("{}_", table.to_uppercase()) };
    format!("{OURS}{table}{}", key.to_uppercase())
}

/// The variables that flags read.
#[cfg(test)]
pub(crate) fn variables_of_flags() -> Vec<String> {
    let defaults: toml::Table = toml::from_str(DEFAULTS).expect("TOML");
    let keys = |table: &str| defaults[table].as_table().expect("a table").keys().cloned().collect::<Vec<_>>();
    FLAGS.iter().flat_map(|table| keys(table).into_iter().map(|key| variable_of(table, &key))).collect()
}

/// Warns about variables that look like ours but are not. They are not errors: an orchestrator that runs a service of
/// this name sets some, such as `CHAT_SERVER_SERVICE_HOST`.
fn unknown(defaults: &toml::Table, set: impl Iterator<Item = String>) -> Option<String> {
    let tables = defaults.iter().filter_map(|(table, settings)| Some((table, settings.as_table()?)));
    let mut known: Vec<String> =
        tables.flat_map(|(table, settings)| settings.keys().map(|key| variable_of(table, key))).collect();
    known.push(CONFIG.to_owned());
    let mut unknown: Vec<String> = set.filter(|name| name.starts_with(OURS) && !known.contains(name)).collect();
    unknown.sort_unstable();
    let (unknown, known) = (unknown.join(", "), known.join(", "));
    (!unknown.is_empty()).then(|| format!("{unknown}: no such variable, nothing is set by it; known: {known}"))
}

/// Applies the environment to the settings.
fn overlay(settings: &mut toml::Table, variable: &dyn Fn(&str) -> Option<String>, problems: &mut Vec<String>) {
    for (table, settings) in settings.iter_mut().filter(|(table, _)| !FLAGS.contains(&table.as_str())) {
        let toml::Value::Table(settings) = settings else { continue };
        for (key, value) in settings.iter_mut() {
            let name = variable_of(table, key);
            let Some(text) = variable(&name) else { continue };
            let read = match value {
                toml::Value::Boolean(_) => text.parse().ok().map(toml::Value::Boolean),
                toml::Value::Integer(_) => text.parse::<u32>().ok().map(|number| toml::Value::Integer(number.into())),
                _ => Some(toml::Value::String(text.clone())),
            };
            match read {
                Some(read) => *value = read,
                None => problems.push(format!("{name}: {text:?} is no {}", value.type_str())),
            }
        }
    }
}

fn known(table: &toml::Table) -> String {
    table.keys().cloned().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_stands_above_the_file_and_is_checked() {
        let mut settings = defaults();
        let variable = |name: &str| match name {
            "CHAT_SERVER_LIMITS_ENABLED" => Some("false".to_owned()),
            "CHAT_SERVER_LIMITS_POSTS_BURST" => Some("-7".to_owned()),
            "CHAT_SERVER_AUTH_REGISTRATION" => Some("open".to_owned()),
            "CHAT_SERVER_REDIS_PREFIX" => Some("talk".to_owned()),
            "CHAT_SERVER_REDIS_REQUIRED" => Some("true".to_owned()),
            _ => None,
        };
        let mut problems = Vec::new();
        overlay(&mut settings, &variable, &mut problems);
        assert_eq!(settings["limits"]["enabled"], toml::Value::Boolean(false));
        assert_eq!(settings["auth"]["registration"], toml::Value::String("open".into()));
        assert_eq!(settings["redis"]["prefix"], toml::Value::String("talk".into()));
        assert_eq!(settings["redis"]["required"], toml::Value::Boolean(true));
        assert_eq!(problems, ["CHAT_SERVER_LIMITS_POSTS_BURST: \"-7\" is no integer"]);
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_reported_in_plain_english() {
        let defaults: toml::Table = toml::from_str(DEFAULTS).expect("TOML");
        let message = |text: &str| {
            let mut problems = Vec::new();
            let over = toml::from_str(text).expect("TOML");
            merge(&mut defaults.clone(), &defaults, over, &mut Vec::new(), &mut problems);
            problems.concat()
        };
        assert_eq!(message("server.data = 5"), "server.data: is an integer, but a string is needed");
        assert_eq!(message("server.listen = 1.5"), "server.listen: is a float, but an array is needed");
        assert_eq!(message("limits.posts_burst = []"), "limits.posts_burst: is an array, but an integer is needed");
        assert_eq!(message("log = 1979-05-27"), "log: is a datetime, but a table is needed");
        assert_eq!(message("limits.enabled = {}"), "limits.enabled: is a table, but a boolean is needed");
    }

    #[test]
    fn variables_that_mean_nothing_are_named_and_those_of_flags_are_not() {
        let set = ["CHAT_SERVER_REDIS_PREFX", "CHAT_SERVER_LISTEN", "CHAT_SERVER_LOG_FORMAT", CONFIG, "CHAT_SERVER"];
        let message = unknown(&defaults(), set.iter().map(ToString::to_string));
        let message = message.expect("a word");
        assert!(message.starts_with("CHAT_SERVER_REDIS_PREFX: no such"), "{message}");
        assert!(message.contains("CHAT_SERVER_REDIS_PREFIX"), "{message}");
        assert_eq!(unknown(&defaults(), ["CHAT_SERVER_LISTEN".to_owned()].into_iter()), None);
    }
}
