//! Runs a server: in the foreground for `chat serve`, in the background for everything else. Must not know the client.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chat_server::ReadSettings;
pub use chat_server::cli::ServerArgs;
pub use chat_server::config::ConfigError;
pub use chat_server::in_one_line;
use clap::Args;
use color_eyre::eyre::{Result, WrapErr};

/// How long an unused background server runs.
const IDLE_EXIT: Duration = Duration::from_mins(10);

/// The background server's arguments.
#[derive(Args, Clone, Debug)]
pub struct BackgroundArgs {
    /// Its data folder.
    #[arg(long)]
    data: PathBuf,
    /// Its socket.
    #[arg(long)]
    unix: PathBuf,
    /// Stop after this many seconds without use.
    #[arg(long, env = "CHAT_LOCAL_IDLE_SECONDS")]
    idle_seconds: Option<u64>,
}

/// Runs a server until a signal stops it.
///
/// # Errors
/// As the server reports.
pub fn run_in_foreground(args: &ServerArgs, verbose: u8) -> Result<()> {
    chat_server::run_in_foreground(args, verbose)
}

/// Leaves the terminal's session and runs a server until it is idle or a signal stops it.
///
/// # Errors
/// As the server reports.
pub fn run_in_background(args: BackgroundArgs) -> Result<()> {
    // Before any thread exists: closing the terminal must not stop the server.
    rustix::process::setsid().wrap_err("cannot leave the terminal's session")?;
    let flags = ServerArgs {
        listen: Vec::new(),
        unix: Some(args.unix),
        unix_mode: Some("0600".into()),
        unix_group: None,
        metrics_listen: None,
        trusted_proxies: Vec::new(),
        host_names: Vec::new(),
        data: Some(args.data),
        config: None,
        redis: None,
        require_redis: false,
        log_format: None,
        log_level: None,
        check_config: false,
    };
    let mut config = flags.config()?;
    config.idle_exit = Some(args.idle_seconds.map_or(IDLE_EXIT, Duration::from_secs));
    chat_server::telemetry::start(config.log_format, config.log_level, 0);
    let read_settings: ReadSettings = Arc::new(move || flags.config());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let stop = async {
            if chat_server::signalled().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        chat_server::serve((config, read_settings), stop, |ready| print_ready(&ready.line)).await?;
        Ok(())
    })
}

#[expect(clippy::print_stdout, reason = "the client that started us waits for this line")]
fn print_ready(line: &str) {
    println!("{line}");
}
