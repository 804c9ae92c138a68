//! The checked settings, as the server uses them. Must not know where they came from.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::changes::{self, Changes};
use super::listen_address::listen_address;
use super::log::{LogFormat, LogLevel};
use super::overrides::Overrides;
use super::raw::{self, Raw};
use super::sizes;
use crate::live::{MemoryCaps, RedisOptions, check_redis_prefix};
use crate::server::{Registration, ServerConfig};
use crate::transport::{HostNames, Listen, TrustedProxies, UnixListen};

/// A socket's path, with its final zero byte, fits 108 bytes on Linux and 104 elsewhere (unix(7)).
const SOCKET_PATH_MAX_BYTES: usize = if cfg!(target_os = "linux") { 107 } else { 103 };
/// The default listen address.
const DEFAULT_LISTEN: &str = "127.0.0.1:4000";

/// The settings in force.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen.
    pub listen: Listen,
    /// Whether no address is set.
    pub(super) listens_by_default: bool,
    /// The data folder.
    pub data: PathBuf,
    /// The log format.
    pub log_format: LogFormat,
    /// How much is logged.
    pub log_level: LogLevel,
    /// The settings for connections.
    pub server: ServerConfig,
    /// The Redis for ephemeral messages; `None` keeps them in memory.
    pub redis: Option<RedisOptions>,
    /// The memory of ephemeral messages.
    pub memory: MemoryCaps,
    /// Whether the first account may be made with a setup code; one is made at each start until there is an account.
    pub takes_setup_code: bool,
    /// How long an idle server runs; `None` means for ever.
    pub idle_exit: Option<std::time::Duration>,
    /// Warnings that do not stop the server.
    pub warnings: Vec<String>,
    /// The settings as they were read, but for those that flags override, to be compared with a later reading.
    settings: toml::Table,
}

/// Every mistake in the settings.
#[derive(Debug, thiserror::Error)]
#[error("the settings cannot be used:\n{}", .0.iter().map(|problem| format!("  {problem}")).collect::<Vec<_>>().join("\n"))]
pub struct ConfigError(pub Vec<String>);

impl Config {
    /// Reads the settings file, if there is one, and applies the overrides.
    ///
    /// # Errors
    /// [`ConfigError`] with every mistake.
    pub fn load(file: Option<&Path>, over: &Overrides) -> Result<Self, ConfigError> {
        let mut problems = Vec::new();
        let mut warnings = Vec::new();
        let (raw, mut settings) = raw::read(file, &mut problems, &mut warnings);
        over.remove_from(&mut settings);
        let config = check(&raw, over, &mut problems);
        match config {
            Some(config) if problems.is_empty() => Ok(Self { warnings, settings, ..config }),
            _ => Err(ConfigError(problems)),
        }
    }

    /// Compares the settings with those of a later reading.
    pub fn changes(&self, new: &Self) -> Changes {
        changes::between(&self.settings, &new.settings)
    }
}

fn check(raw: &Raw, over: &Overrides, problems: &mut Vec<String>) -> Option<Config> {
    let (listen, listens_by_default) = listen(raw, over, problems);
    let data = over.data.clone().or_else(|| some(&raw.server.data).map(PathBuf::from)).or_else(default_data);
    check_unix(&listen, problems);
    if data.is_none() {
        problems.push("server.data: no home folder is known; name a folder with --data".into());
    }
    let log_format = over.log_format.or(match raw.log.format.as_str() {
        "human" => Some(LogFormat::Human),
        "json" => Some(LogFormat::Json),
        other => {
            problems.push(format!("log.format: {other:?} is neither \"human\" nor \"json\""));
            None
        }
    });
    let memory = sizes::memory(&raw.ephemeral, problems);
    let log_level = over.log_level.unwrap_or_else(|| log_level(raw, problems));
    let redis = redis(raw, over, problems).map(|options| options.with_caps(memory));
    let registration = registration(raw, problems);
    let takes_setup_code = takes_setup_code(registration, &listen);
    let logs_peers = over.log_peers.unwrap_or(raw.log.peers);
    let mut server = ServerConfig { registration, logs_peers, ..ServerConfig::default() };
    sizes::apply(raw, &mut server, problems);
    Some(Config {
        listen,
        listens_by_default,
        data: data?,
        log_format: log_format?,
        log_level,
        server,
        redis,
        memory,
        takes_setup_code,
        idle_exit: None,
        warnings: Vec::new(),
        settings: toml::Table::new(),
    })
}

fn log_level(raw: &Raw, problems: &mut Vec<String>) -> LogLevel {
    match raw.log.level.as_str() {
        "info" => LogLevel::Info,
        "debug" => LogLevel::Debug,
        "trace" => LogLevel::Trace,
        other => {
            problems.push(format!("log.level: {other:?} is none of \"info\", \"debug\" and \"trace\""));
            LogLevel::Info
        }
    }
}

fn redis(raw: &Raw, over: &Overrides, problems: &mut Vec<String>) -> Option<RedisOptions> {
    let prefix = over.redis_prefix.as_ref().unwrap_or(&raw.redis.prefix);
    let is_required = over.require_redis || raw.redis.required;
    let read = match over.redis.as_deref().or_else(|| some(&raw.redis.url)) {
        Some(url) => RedisOptions::new(url, prefix, is_required).map(Some),
        None => check_redis_prefix(prefix).map(|()| None),
    };
    match read {
        Ok(None) if is_required => {
            problems.push("redis.required: redis.url says nothing; name it with --redis".into());
            None
        }
        Ok(options) => options,
        Err(error) => {
            problems.push(error.to_string());
            None
        }
    }
}

fn registration(raw: &Raw, problems: &mut Vec<String>) -> Registration {
    match raw.auth.registration.as_str() {
        "open" => Registration::Open,
        "loopback" => Registration::Loopback,
        "code" => Registration::Code,
        other => {
            problems.push(format!("auth.registration: {other:?} is none of \"loopback\", \"code\" and \"open\""));
            Registration::Code
        }
    }
}

/// Whether someone may need a setup code.
pub(super) fn takes_setup_code(registration: Registration, listen: &Listen) -> bool {
    match registration {
        Registration::Open => false,
        Registration::Loopback => {
            let is_reached_from_elsewhere = listen.tcp.iter().any(|address| !address.ip().is_loopback());
            is_reached_from_elsewhere
                || listen.inherited.is_reached_from_elsewhere()
                || !listen.trusted_proxies.is_empty()
        }
        Registration::Code => true,
    }
}

/// Reads where to listen, and whether that is only the default address.
fn listen(raw: &Raw, over: &Overrides, problems: &mut Vec<String>) -> (Listen, bool) {
    let addresses = if over.listen.is_empty() { &raw.server.listen } else { &over.listen };
    let unix = over.unix.clone().or_else(|| some(&raw.server.unix).map(PathBuf::from));
    let trusted = if over.trusted_proxies.is_empty() { &raw.server.trusted_proxies } else { &over.trusted_proxies };
    let trusted_proxies = TrustedProxies::parse(trusted).unwrap_or_else(|entry| {
        problems.push(format!("server.trusted_proxies: {entry:?} is no address or network; one looks like 10.0.0.0/8"));
        TrustedProxies::default()
    });
    let names = if over.host_names.is_empty() { &raw.server.host_names } else { &over.host_names };
    let host_names = HostNames::parse(names).unwrap_or_else(|entry| {
        problems.push(format!("server.host_names: {entry:?} is no name of a host; one looks like chat.example.org"));
        HostNames::default()
    });
    let metrics = metrics(raw, over, problems);
    let mut listen = Listen { metrics, trusted_proxies, host_names, ..Listen::default() };
    let fallback = [DEFAULT_LISTEN.to_owned()];
    let by_default = addresses.is_empty() && unix.is_none();
    let addresses = if by_default { &fallback[..] } else { &addresses[..] };
    for address in addresses {
        match listen_address(address) {
            Ok(address) => listen.tcp.push(address),
            Err(error) => problems.push(format!("server.listen: {error}")),
        }
    }
    let mode = over.unix_mode.as_ref().unwrap_or(&raw.server.unix_mode);
    match u32::from_str_radix(mode, 8) {
        Ok(mode) if mode <= 0o777 => {
            let group = over.unix_group.clone().or_else(|| some(&raw.server.unix_group).map(ToOwned::to_owned));
            listen.unix.extend(unix.map(|path| UnixListen { path, mode, group, alternatives: Vec::new() }));
        }
        _ => problems.push(format!("server.unix_mode: {mode:?} is no octal mode; one looks like 0660")),
    }
    (listen, by_default)
}

fn metrics(raw: &Raw, over: &Overrides, problems: &mut Vec<String>) -> Option<SocketAddr> {
    let given = over.metrics_listen.as_deref().or_else(|| some(&raw.server.metrics_listen))?;
    listen_address(given).map_err(|error| problems.push(format!("server.metrics_listen: {error}"))).ok()
}

/// Finds mistakes that would otherwise show only when the socket is created.
fn check_unix(listen: &Listen, problems: &mut Vec<String>) {
    for unix in &listen.unix {
        let bytes = unix.path.as_os_str().len();
        if bytes > SOCKET_PATH_MAX_BYTES {
            let path = unix.path.display();
            problems.push(format!(
                "server.unix: {path} has {bytes} bytes; the system takes paths of sockets of at most {SOCKET_PATH_MAX_BYTES}"
            ));
        }
        if let Some(group) = unix.group.as_ref().filter(|group| uzers::get_group_by_name(group).is_none()) {
            problems.push(format!("server.unix_group: there is no group {group:?} on this machine"));
        }
    }
}

fn some(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn default_data() -> Option<PathBuf> {
    directories::ProjectDirs::from("", "", "chat").map(|dirs| dirs.data_dir().join("server"))
}

#[cfg(test)]
mod tests {
    use chat_proto::limits::Limits;

    use super::*;
    use crate::limits::BucketRule;

    fn load(text: &str) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("server.toml");
        std::fs::write(&file, text).expect("written");
        Config::load(Some(&file), &Overrides { data: Some("/x".into()), ..Overrides::default() })
    }

    #[test]
    fn a_file_says_only_what_differs() {
        let config = load("[limits]\nposts_burst = 7").expect("right");
        let rates = config.server.rates.expect("limited");
        assert_eq!(rates.remote, BucketRule { per_second: 10, burst: 7 });
        assert_eq!(config.listen.tcp, [DEFAULT_LISTEN.parse().expect("an address")]);
    }

    #[test]
    fn limits_may_be_narrower_than_the_protocols_and_never_wider() {
        let text = "[limits]\nbody_max_chars = 500\npage_max = 50\nconnections_per_account = 3\n\
             [rooms]\ndefault_ttl_seconds = 30\nring_events = 64\ntyping_ttl_ms = 4000\n\
             [trending]\nwords = 20\nword_max_chars = 12\nhalf_life_minutes = 30";
        let server = load(text).expect("right").server;
        let limits = Limits {
            body_max_chars: 500,
            page_max: 50,
            connections_max: Some(3),
            typing_ttl_ms: 4_000,
            typing_every_ms: 2_000,
            trending_max: 20,
            default_ttl_ms: Some(30_000),
            ..Limits::default()
        };
        assert_eq!(server.limits, limits);
        let trending = (server.trending.word_max_chars, server.trending.half_life_ms);
        assert_eq!((server.ring_events, trending), (64, (12, 1_800_000)));
        for (text, problem) in [
            ("[limits]\nbody_max_chars = 8001", "limits.body_max_chars: 8001 is not from 200 to 8000"),
            ("[limits]\nbody_max_bytes = 3", "limits.body_max_bytes: 3 is not from 800 to 16384"),
            ("[limits]\npage_max = 201", "limits.page_max: 201 is not from 10 to 200"),
            ("[limits]\nconnections_per_account = 0", "limits.connections_per_account: 0 is not from 1 to 100000"),
            ("[rooms]\ndefault_ttl_seconds = 604801", "rooms.default_ttl_seconds: 604801 is not from 1 to 604800"),
            ("[rooms]\nkeep_days = 36501", "rooms.keep_days: 36501 is not from 1 to 36500"),
            ("[rooms]\nring_events = 1", "rooms.ring_events: 1 is not from 16 to 4096"),
            ("[rooms]\ntyping_ttl_ms = 100", "rooms.typing_ttl_ms: 100 is not from 2000 to 60000"),
            ("[ephemeral]\nroom_mib = 0", "ephemeral.room_mib: 0 is not from 1 to 65536"),
            ("[trending]\nwords = 51", "trending.words: 51 is not from 1 to 50"),
            ("[trending]\nword_max_chars = 41", "trending.word_max_chars: 41 is not from 4 to 40"),
            ("[trending]\nhalf_life_minutes = 0", "trending.half_life_minutes: 0 is not from 1 to 10080"),
        ] {
            assert_eq!(load(text).expect_err("out of range").0, [problem]);
        }
    }

    #[test]
    fn the_defaults_are_the_protocols_limits() {
        let server = load("").expect("right").server;
        assert_eq!(server.limits, Limits { connections_max: Some(100), ..Limits::default() });
        assert_eq!(load("").expect("right").memory, MemoryCaps::default());
        let defaults = ServerConfig::default();
        assert_eq!((server.ring_events, server.trending), (defaults.ring_events, defaults.trending));
        assert_eq!(
            (server.keep_days, load("[rooms]\nkeep_days = 90").expect("right").server.keep_days),
            (None, Some(90))
        );
    }

    #[test]
    fn everything_that_is_wrong_is_reported_at_once() {
        let text = "[server]\nlisten = [\"nowhere\"]\ncolour = 1\nunix = \"s\"\nunix_group = \"nobodys\"\nmetrics_listen = \"there\"\n[limits]\nposts_burst = \"many\"\n\
             posts_per_second = 0\nlocal_posts_burst = -1";
        let error = load(text).expect_err("wrong").to_string();
        for part in [
            "nowhere",
            "server.colour: no such setting",
            "posts_burst: is a string",
            "limits.posts_per_second: 0 is not from 1 to",
            "local_posts_burst: -1",
            "no group \"nobodys\"",
            "server.metrics_listen: \"there\" is no address",
        ] {
            assert!(error.contains(part), "{part} in:\n{error}");
        }
    }

    #[test]
    fn a_setting_that_a_flag_overrides_never_changes() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("server.toml");
        let over = Overrides {
            data: Some("/x".into()),
            listen: vec!["127.0.0.1:0".into()],
            log_level: Some(LogLevel::Info),
            ..Overrides::default()
        };
        let load = |text: &str| {
            std::fs::write(&file, text).expect("written");
            Config::load(Some(&file), &over).expect("right")
        };
        let text = "[server]\nlisten = [\"127.0.0.1:1\"]\nunix_mode = \"0666\"\n[log]\nlevel = \"debug\"\npeers = true";
        let changes = load("").changes(&load(text));
        assert_eq!(
            (changes.taken_over, changes.at_restart),
            (vec!["log.peers = true".into()], vec!["server.unix_mode".into()])
        );
    }
}
