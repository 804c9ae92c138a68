//! The command line of `chat-server` and `chat serve`. Must not know how a server runs.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::Resettable;
use clap::{Args, Command};

use crate::config::{Config, ConfigError, LogFormat, LogLevel, Overrides};

/// The server's flags.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  chat-server                                        on this machine, at 127.0.0.1:4000
  chat-server --unix /run/chat/chat.sock --unix-mode 0660 --unix-group chat
  chat-server --listen 0.0.0.0:4000 --data /srv/chat --log-format json
  chat-server --redis redis://127.0.0.1:6379         ephemeral messages survive a restart

Prints one line when it is ready: `ready`, then the addresses clients connect to, the address of the metrics
(with --metrics-listen), its process id and its data folder. A second line has the setup code for the first
account, if one can be made with it.
SIGTERM shuts the server down cleanly: nothing that was acknowledged is lost. SIGHUP reads the settings again; the
log says what has changed, and what needs a restart.

`chat-server help operations` prints the handbook: service, proxy, TLS, backup, upgrade, metrics.")]
pub struct ServerArgs {
    /// Listen on this address: HOST:PORT, :PORT (all IPv4 addresses of this machine) or PORT (this machine only); may be
    /// repeated. Port 0 picks a free port.
    #[arg(long, global = true, env = "CHAT_SERVER_LISTEN", value_name = "ADDR", value_delimiter = ',')]
    pub listen: Vec<String>,
    /// Listen on this Unix socket; it signs in the users of this machine.
    #[arg(long, global = true, env = "CHAT_SERVER_UNIX", value_name = "PATH")]
    pub unix: Option<PathBuf>,
    /// Permissions of the Unix socket, as an octal mode.
    #[arg(long, global = true, env = "CHAT_SERVER_UNIX_MODE", value_name = "MODE")]
    pub unix_mode: Option<String>,
    /// Group of the Unix socket.
    #[arg(long, global = true, env = "CHAT_SERVER_UNIX_GROUP", value_name = "GROUP")]
    pub unix_group: Option<String>,
    /// Also serve /metrics, /healthz and /readyz on this address, to everyone who can reach it.
    #[arg(long, global = true, env = "CHAT_SERVER_METRICS_LISTEN", value_name = "ADDR")]
    pub metrics_listen: Option<String>,
    /// Trust the X-Forwarded-For and Forwarded of this proxy, or of a network (10.0.0.0/8); may be repeated.
    #[arg(long, global = true, env = "CHAT_SERVER_TRUSTED_PROXIES", value_name = "ADDR", value_delimiter = ',')]
    pub trusted_proxies: Vec<String>,
    /// Answer /metrics, /healthz and /readyz under this host name, too, besides addresses and localhost; may be repeated.
    #[arg(long, global = true, env = "CHAT_SERVER_HOST_NAMES", value_name = "NAME", value_delimiter = ',')]
    pub host_names: Vec<String>,
    /// Keep accounts, rooms and messages in this folder.
    #[arg(long, global = true, env = "CHAT_SERVER_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Read settings from this file.
    #[arg(long, global = true, env = "CHAT_SERVER_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Keep ephemeral messages in this Redis, so that they survive a restart.
    #[arg(long, global = true, env = "CHAT_REDIS_URL", hide_env_values = true, value_name = "URL")]
    pub redis: Option<String>,
    /// Do not start if Redis cannot be reached.
    #[arg(long, global = true)]
    pub require_redis: bool,
    /// Format of the log on standard error.
    #[arg(long, global = true, env = "CHAT_SERVER_LOG_FORMAT", value_enum, value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
    /// Log level; -v and -vv raise it, and CHAT_LOG overrides it.
    #[arg(long, global = true, env = "CHAT_SERVER_LOG_LEVEL", value_enum, value_name = "LEVEL")]
    pub log_level: Option<LogLevel>,
    /// Log where each connection comes from, and refused sign-ins.
    #[arg(
        long, global = true, env = "CHAT_SERVER_LOG_PEERS", value_name = "BOOL",
        num_args = 0..=1, require_equals = true, default_missing_value = "true",
        value_parser = clap::builder::BoolishValueParser::new()
    )]
    pub log_peers: Option<bool>,
    /// Check the settings and whether the data folder can be used, report mistakes, and exit.
    #[arg(long)]
    pub check_config: bool,
}

/// The command without those of its variables that are set and empty: an empty variable counts as unset, whatever it is for.
#[must_use]
pub fn without_empty_variables(command: Command) -> Command {
    let is_empty = |name: &OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
    command.mut_args(|flag| if flag.get_env().is_some_and(is_empty) { flag.env(Resettable::Reset) } else { flag })
}

impl ServerArgs {
    /// Returns the settings in force.
    ///
    /// # Errors
    /// [`ConfigError`] with every mistake.
    pub fn config(&self) -> Result<Config, ConfigError> {
        self.config_with(None)
    }

    /// Returns the settings in force, with another Redis prefix if one is given.
    ///
    /// # Errors
    /// [`ConfigError`] with every mistake.
    pub fn config_with(&self, redis_prefix: Option<&str>) -> Result<Config, ConfigError> {
        let over = Overrides {
            listen: self.listen.clone(),
            unix: self.unix.clone(),
            unix_mode: self.unix_mode.clone(),
            unix_group: self.unix_group.clone(),
            metrics_listen: self.metrics_listen.clone().filter(|address| !address.is_empty()),
            trusted_proxies: self.trusted_proxies.iter().filter(|entry| !entry.is_empty()).cloned().collect(),
            host_names: self.host_names.iter().filter(|entry| !entry.is_empty()).cloned().collect(),
            data: self.data.clone(),
            log_format: self.log_format,
            log_level: self.log_level,
            log_peers: self.log_peers,
            redis: self.redis.clone().filter(|url| !url.is_empty()),
            redis_prefix: redis_prefix.map(str::to_owned),
            require_redis: self.require_redis,
        };
        Config::load(self.config.as_deref(), &over)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The two lists are written separately: a variable known to the settings must be read here.
    #[test]
    fn every_setting_that_is_a_flag_reads_the_variable_of_its_name() {
        let command = ServerArgs::augment_args(Command::new("chat-server"));
        let read: Vec<&str> = command.get_arguments().filter_map(|flag| flag.get_env()?.to_str()).collect();
        for name in crate::config::variables_of_flags() {
            assert!(read.contains(&name.as_str()), "no flag reads {name}: {read:?}");
        }
    }
}
