//! Which settings differ between two readings of them, and which of those a running server takes over. Pure; must not know
//! how it does so.

#![deny(clippy::disallowed_methods)]

/// The settings that a running server takes over. All others are used once, at the start.
const TAKEN_OVER: [&str; 10] = [
    "log.level",
    "log.peers",
    "auth.registration",
    "limits.posts_per_second",
    "limits.posts_burst",
    "limits.local_posts_per_second",
    "limits.local_posts_burst",
    "limits.connections_per_account",
    "rooms.default_ttl_seconds",
    "rooms.keep_days",
];

/// The settings that differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Those that a running server takes over, each with its new value.
    pub taken_over: Vec<String>,
    /// The names of those that need a restart. Their values may be secrets.
    pub at_restart: Vec<String>,
}

/// Compares settings as they were read.
pub(super) fn between(former: &toml::Table, new: &toml::Table) -> Changes {
    let mut changes = Changes::default();
    for (table, settings) in new {
        let Some(settings) = settings.as_table() else { continue };
        for (key, value) in settings {
            if former.get(table).and_then(|table| table.get(key)) == Some(value) {
                continue;
            }
            let name = format!("{table}.{key}");
            if TAKEN_OVER.contains(&name.as_str()) {
                changes.taken_over.push(format!("{name} = {value}"));
            } else {
                changes.at_restart.push(name);
            }
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::super::raw;
    use super::*;

    #[test]
    fn a_change_is_taken_over_or_waits_for_a_restart_and_no_secret_is_told() {
        let former = raw::defaults();
        assert_eq!(between(&former, &former), Changes::default());
        let mut new = former.clone();
        new["limits"]["posts_burst"] = 7.into();
        new["log"]["level"] = "debug".into();
        new["redis"]["url"] = "redis://:secret@127.0.0.1".into();
        let changes = between(&former, &new);
        assert_eq!(changes.taken_over, ["limits.posts_burst = 7", "log.level = \"debug\""]);
        assert_eq!(changes.at_restart, ["redis.url"]);
    }

    #[test]
    fn every_setting_that_is_taken_over_exists() {
        let defaults = raw::defaults();
        for name in TAKEN_OVER {
            let (table, key) = name.split_once('.').expect("a table");
            assert!(defaults[table].get(key).is_some(), "{name}");
        }
    }
}
