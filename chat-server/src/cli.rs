//! The command line of the server, also of `chat serve`.

use std::path::PathBuf;

use clap::Args;

use crate::config::{Config, ConfigError, LogFormat, Overrides};

/// What the server is started with.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  chat-server                                        on this machine, at 127.0.0.1:4000
  chat-server --unix /run/chat/chat.sock --unix-mode 0660 --unix-group chat
  chat-server --listen 0.0.0.0:4000 --data /srv/chat --log-format json
  chat-server --redis redis://127.0.0.1:6379         messages that expire survive a restart

Prints one line when it is ready: `ready`, then the addresses clients connect to, where figures are told (with
--metrics-listen), its process and its data folder.
SIGTERM ends it in order: nothing that was acknowledged is lost.")]
pub struct ServerArgs {
    /// Listen at this address; may be repeated. Port 0 takes a free one.
    #[arg(long, global = true, env = "CHAT_SERVER_LISTEN", value_name = "ADDR", value_delimiter = ',')]
    pub listen: Vec<String>,
    /// Listen at this Unix socket; users of this machine are signed in by it.
    #[arg(long, global = true, env = "CHAT_SERVER_UNIX", value_name = "PATH")]
    pub unix: Option<PathBuf>,
    /// Who may connect to it, as an octal mode.
    #[arg(long, global = true, env = "CHAT_SERVER_UNIX_MODE", value_name = "MODE")]
    pub unix_mode: Option<String>,
    /// The group it is given to.
    #[arg(long, global = true, env = "CHAT_SERVER_UNIX_GROUP", value_name = "GROUP")]
    pub unix_group: Option<String>,
    /// Tell figures at this address, too, to whoever asks: /metrics, /healthz and /readyz, and nothing else.
    #[arg(long, global = true, env = "CHAT_SERVER_METRICS_LISTEN", value_name = "ADDR")]
    pub metrics_listen: Option<String>,
    /// Keep accounts, rooms and messages here.
    #[arg(long, global = true, env = "CHAT_SERVER_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Read settings from this file.
    #[arg(long, global = true, env = "CHAT_SERVER_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Keep what expires in Redis at this address, so that it survives a restart.
    #[arg(long, global = true, env = "CHAT_REDIS_URL", hide_env_values = true, value_name = "URL")]
    pub redis: Option<String>,
    /// Do not start while Redis cannot be reached.
    #[arg(long, global = true)]
    pub require_redis: bool,
    /// How the log on standard error is written.
    #[arg(long, global = true, env = "CHAT_SERVER_LOG_FORMAT", value_enum, value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
    /// Look at the settings, say what is wrong with them, and end.
    #[arg(long)]
    pub check_config: bool,
}

impl ServerArgs {
    /// The settings they lead to.
    ///
    /// # Errors
    /// [`ConfigError`] with everything that is wrong.
    pub fn config(&self) -> Result<Config, ConfigError> {
        self.config_with(None)
    }

    /// The same, with another prefix of Redis' keys where one is given.
    ///
    /// # Errors
    /// [`ConfigError`] with everything that is wrong.
    pub fn config_with(&self, redis_prefix: Option<&str>) -> Result<Config, ConfigError> {
        let over = Overrides {
            listen: self.listen.clone(),
            unix: self.unix.clone(),
            unix_mode: self.unix_mode.clone(),
            unix_group: self.unix_group.clone(),
            metrics_listen: self.metrics_listen.clone().filter(|address| !address.is_empty()),
            data: self.data.clone(),
            log_format: self.log_format,
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

    /// The two are written apart: a variable of which the settings know must be read here.
    #[test]
    fn every_setting_that_is_a_flag_reads_the_variable_of_its_name() {
        let command = ServerArgs::augment_args(clap::Command::new("chat-server"));
        let read: Vec<&str> = command.get_arguments().filter_map(|flag| flag.get_env()?.to_str()).collect();
        for name in crate::config::variables_of_flags() {
            assert!(read.contains(&name.as_str()), "no flag reads {name}: {read:?}");
        }
    }
}
