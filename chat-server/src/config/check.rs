//! The checked settings, as the server uses them. Must not know where they came from.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::raw::{self, Raw};
use crate::limits::BucketRule;
use crate::live::{RedisOptions, check_redis_prefix};
use crate::server::{PostRates, Registration, ServerConfig};
use crate::transport::{Listen, TrustedProxies, UnixListen};

/// A socket's path, with its final zero byte, fits 108 bytes on Linux and 104 elsewhere (unix(7)).
const SOCKET_PATH_MAX_BYTES: usize = if cfg!(target_os = "linux") { 107 } else { 103 };
/// The default listen address.
const DEFAULT_LISTEN: &str = "127.0.0.1:4000";

/// The log format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// Text for people.
    Human,
    /// One JSON object per line.
    Json,
}

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
    /// The data folder.
    pub data: Option<PathBuf>,
    /// The log format.
    pub log_format: Option<LogFormat>,
    /// The Redis URL.
    pub redis: Option<String>,
    /// The prefix of the Redis keys.
    pub redis_prefix: Option<String>,
    /// Whether to refuse to start without Redis.
    pub require_redis: bool,
}

/// The settings in force.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen.
    pub listen: Listen,
    /// The data folder.
    pub data: PathBuf,
    /// The log format.
    pub log_format: LogFormat,
    /// The settings for connections.
    pub server: ServerConfig,
    /// The Redis for ephemeral messages; `None` keeps them in memory.
    pub redis: Option<RedisOptions>,
    /// Whether the first account may be made with a setup code; one is made at each start until there is an account.
    pub takes_setup_code: bool,
    /// How long an idle server runs; `None` means for ever.
    pub idle_exit: Option<std::time::Duration>,
    /// Warnings that do not stop the server.
    pub warnings: Vec<String>,
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
        let raw = raw::read(file, &mut problems, &mut warnings);
        let config = check(&raw, over, &mut problems);
        match config {
            Some(config) if problems.is_empty() => Ok(Self { warnings, ..config }),
            _ => Err(ConfigError(problems)),
        }
    }
}

fn check(raw: &Raw, over: &Overrides, problems: &mut Vec<String>) -> Option<Config> {
    let listen = listen(raw, over, problems);
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
    let limits = &raw.limits;
    for (name, value) in [
        ("posts_per_second", limits.posts_per_second),
        ("posts_burst", limits.posts_burst),
        ("local_posts_per_second", limits.local_posts_per_second),
        ("local_posts_burst", limits.local_posts_burst),
        ("connections_per_account", limits.connections_per_account.min(u32::MAX as usize) as u32),
    ] {
        if value == 0 {
            problems.push(format!("limits.{name}: must be at least 1"));
        }
    }
    let redis = redis(raw, over, problems);
    let registration = registration(raw, problems);
    let takes_setup_code = takes_setup_code(registration, &listen);
    let server = ServerConfig {
        rates: limits.enabled.then_some(PostRates {
            own_uid: Some(rustix::process::geteuid().as_raw()),
            local: BucketRule { per_second: limits.local_posts_per_second, burst: limits.local_posts_burst },
            remote: BucketRule { per_second: limits.posts_per_second, burst: limits.posts_burst },
        }),
        connections_per_account: if limits.enabled { limits.connections_per_account } else { usize::MAX },
        registration,
        setup_code: None,
    };
    Some(Config {
        listen,
        data: data?,
        log_format: log_format?,
        server,
        redis,
        takes_setup_code,
        idle_exit: None,
        warnings: Vec::new(),
    })
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
fn takes_setup_code(registration: Registration, listen: &Listen) -> bool {
    match registration {
        Registration::Open => false,
        Registration::Loopback => {
            let is_reached_from_elsewhere = listen.tcp.iter().any(|address| !address.ip().is_loopback());
            is_reached_from_elsewhere || !listen.trusted_proxies.is_empty()
        }
        Registration::Code => true,
    }
}

fn listen(raw: &Raw, over: &Overrides, problems: &mut Vec<String>) -> Listen {
    let addresses = if over.listen.is_empty() { &raw.server.listen } else { &over.listen };
    let unix = over.unix.clone().or_else(|| some(&raw.server.unix).map(PathBuf::from));
    let trusted = if over.trusted_proxies.is_empty() { &raw.server.trusted_proxies } else { &over.trusted_proxies };
    let trusted_proxies = TrustedProxies::parse(trusted).unwrap_or_else(|entry| {
        problems.push(format!("server.trusted_proxies: {entry:?} is no address or network; one looks like 10.0.0.0/8"));
        TrustedProxies::default()
    });
    let mut listen = Listen { metrics: metrics(raw, over, problems), trusted_proxies, ..Listen::default() };
    let fallback = [DEFAULT_LISTEN.to_owned()];
    let addresses = if addresses.is_empty() && unix.is_none() { &fallback[..] } else { &addresses[..] };
    for address in addresses {
        match address.parse::<SocketAddr>() {
            Ok(address) => listen.tcp.push(address),
            Err(_) => problems.push(format!("server.listen: {address:?} is no address; one looks like 127.0.0.1:4000")),
        }
    }
    let mode = over.unix_mode.as_ref().unwrap_or(&raw.server.unix_mode);
    match u32::from_str_radix(mode, 8) {
        Ok(mode) if mode <= 0o777 => {
            let group = over.unix_group.clone().or_else(|| some(&raw.server.unix_group).map(ToOwned::to_owned));
            listen.unix.extend(unix.map(|path| UnixListen { path, mode, group }));
        }
        _ => problems.push(format!("server.unix_mode: {mode:?} is no octal mode; one looks like 0660")),
    }
    listen
}

fn metrics(raw: &Raw, over: &Overrides, problems: &mut Vec<String>) -> Option<SocketAddr> {
    let given = over.metrics_listen.as_deref().or_else(|| some(&raw.server.metrics_listen))?;
    let address = given.parse();
    if address.is_err() {
        problems.push(format!("server.metrics_listen: {given:?} is no address; one looks like 127.0.0.1:9100"));
    }
    address.ok()
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
    use super::*;

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
    fn everything_that_is_wrong_is_reported_at_once() {
        let text = "[server]\nlisten = [\"nowhere\"]\ncolour = 1\nunix = \"s\"\nunix_group = \"nobodys\"\nmetrics_listen = \"there\"\n[limits]\nposts_burst = \"many\"\n\
             posts_per_second = 0\nlocal_posts_burst = -1";
        let error = load(text).expect_err("wrong").to_string();
        for part in [
            "nowhere",
            "server.colour: no such setting",
            "posts_burst: is a string",
            "posts_per_second: must be",
            "local_posts_burst: -1",
            "no group \"nobodys\"",
            "server.metrics_listen: \"there\" is no address",
        ] {
            assert!(error.contains(part), "{part} in:\n{error}");
        }
    }
}
