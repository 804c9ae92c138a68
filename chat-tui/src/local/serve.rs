//! Runs a server: in the foreground for `chat serve`, in the background for everything else. Must not know the client.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chat_server::ReadSettings;
pub use chat_server::cli::{ServerArgs, without_empty_variables};
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
    /// Its socket; after it, other places for one that is removed with its folder.
    #[arg(long, required = true)]
    unix: Vec<PathBuf>,
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

/// Leaves the terminal's session and runs a server until it is idle or a signal stops it. Prints one line for the client that
/// started it: that it is ready, or why it cannot run.
///
/// # Errors
/// As the server reports.
pub fn run_in_background(args: BackgroundArgs) -> Result<()> {
    let result = serve_in_background(args);
    if let Err(error) = &result {
        print_line(&in_one_line(error));
    }
    result
}

fn serve_in_background(args: BackgroundArgs) -> Result<()> {
    chat_server::HeldSignals::hold().wrap_err("cannot handle signals")?;
    // Before any thread exists: closing the terminal must not stop the server.
    rustix::process::setsid().wrap_err("cannot leave the terminal's session")?;
    let mut sockets = args.unix.into_iter();
    let flags = flags(args.data, sockets.next());
    let alternatives: Vec<PathBuf> = sockets.collect();
    let settings = move || {
        let mut config = flags.config()?;
        for unix in &mut config.listen.unix {
            unix.alternatives.clone_from(&alternatives);
        }
        Ok(config)
    };
    let mut config = settings()?;
    config.idle_exit = Some(args.idle_seconds.map_or(IDLE_EXIT, Duration::from_secs));
    chat_server::telemetry::start(config.log_format, config.log_level, 0);
    let read_settings: ReadSettings = Arc::new(settings);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let stop = async {
            if chat_server::signalled().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        chat_server::serve((config, read_settings), stop, |ready| print_line(&ready.line)).await?;
        Ok(())
    })
}

fn flags(data: PathBuf, unix: Option<PathBuf>) -> ServerArgs {
    ServerArgs {
        listen: Vec::new(),
        unix,
        unix_mode: Some("0600".into()),
        unix_group: None,
        metrics_listen: None,
        trusted_proxies: Vec::new(),
        host_names: Vec::new(),
        data: Some(data),
        config: None,
        redis: None,
        require_redis: false,
        log_format: None,
        log_level: None,
        log_peers: None,
        check_config: false,
    }
}

#[expect(clippy::print_stdout, reason = "the client that started us waits for this line")]
fn print_line(line: &str) {
    println!("{line}");
}
