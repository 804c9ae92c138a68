//! The settings that flags and the environment override. Must not know who reads them.

use std::path::PathBuf;

use super::log::{LogFormat, LogLevel};

/// Flags and environment; they override the file.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Listen addresses.
    pub listen: Vec<String>,
    /// A Unix socket.
    pub unix: Option<PathBuf>,
    /// The socket's mode.
    pub unix_mode: Option<String>,
    /// The socket's group.
    pub unix_group: Option<String>,
    /// An extra address for metrics.
    pub metrics_listen: Option<String>,
    /// Proxies that are believed.
    pub trusted_proxies: Vec<String>,
    /// Names of the server.
    pub host_names: Vec<String>,
    /// The data folder.
    pub data: Option<PathBuf>,
    /// The log format.
    pub log_format: Option<LogFormat>,
    /// How much is logged.
    pub log_level: Option<LogLevel>,
    /// Whether the log names where connections come from.
    pub log_peers: Option<bool>,
    /// The Redis URL.
    pub redis: Option<String>,
    /// The prefix of the Redis keys.
    pub redis_prefix: Option<String>,
    /// Whether to refuse to start without Redis.
    pub require_redis: bool,
}

impl Overrides {
    /// Removes the settings that are overridden: a change of them has no effect, now or at a restart.
    pub(super) fn remove_from(&self, settings: &mut toml::Table) {
        let overridden = [
            ("server", "listen", !self.listen.is_empty()),
            ("server", "unix", self.unix.is_some()),
            ("server", "unix_mode", self.unix_mode.is_some()),
            ("server", "unix_group", self.unix_group.is_some()),
            ("server", "metrics_listen", self.metrics_listen.is_some()),
            ("server", "trusted_proxies", !self.trusted_proxies.is_empty()),
            ("server", "host_names", !self.host_names.is_empty()),
            ("server", "data", self.data.is_some()),
            ("log", "format", self.log_format.is_some()),
            ("log", "level", self.log_level.is_some()),
            ("log", "peers", self.log_peers.is_some()),
            ("redis", "url", self.redis.is_some()),
            ("redis", "prefix", self.redis_prefix.is_some()),
            ("redis", "required", self.require_redis),
        ];
        for (table, key, _) in overridden.into_iter().filter(|(_, _, is_overridden)| *is_overridden) {
            if let Some(table) = settings.get_mut(table).and_then(toml::Value::as_table_mut) {
                table.remove(key);
            }
        }
    }
}
