//! `chat local …`: the server of one's own that runs in the background.

use clap::Subcommand;

use super::local_log::{self, LogArgs};
use crate::cli::context::Context;
use crate::cli::exit::{CliError, Exit};
use crate::cli::json::{Line, LocalServerLine};
use crate::local::{self, LocalError, StopOutcome};

/// What can be done with the local server.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum LocalCommand {
    /// Whether it runs, and where its files are. Exit 3 where it does not.
    #[command(after_help = "Examples:\n  chat local status\n  chat local status --json | jq -r .data")]
    Status,
    /// Start it where it does not run.
    #[command(after_help = "Any other command does so by itself.\n\nExample:\n  chat local start")]
    Start,
    /// Stop it; clients reconnect when it is back.
    #[command(after_help = "Example:\n  chat local stop")]
    Stop,
    /// Stop it and start it again, with the program as it is now.
    #[command(after_help = "Example, after an update:\n  chat local restart")]
    Restart,
    /// Print the end of its log, and follow it.
    Log(LogArgs),
    /// Be it; started by the other commands.
    #[command(hide = true)]
    Background(local::BackgroundArgs),
}

pub(super) fn background(args: local::BackgroundArgs) -> Result<(), CliError> {
    local::run_in_background(args).map_err(|error| CliError::failed(format!("{error:#}")))
}

pub(super) async fn run(command: &LocalCommand, context: &Context) -> Result<(), CliError> {
    match command {
        LocalCommand::Status => status(context),
        LocalCommand::Start => start(context),
        LocalCommand::Stop => stop(context),
        LocalCommand::Restart => {
            stop(context)?;
            start(context)
        }
        LocalCommand::Log(args) => local_log::run(args, context).await,
        LocalCommand::Background(_) => unreachable!("`run_alone` has run it"),
    }
}

fn failed(error: &LocalError) -> CliError {
    CliError::unreachable(error.to_string())
}

fn status(context: &Context) -> Result<(), CliError> {
    let server = context.local_server()?;
    let found = local::find(&server).map_err(|error| failed(&error))?;
    let address = server.address();
    let line = LocalServerLine {
        data: server.data.to_string_lossy(),
        is_running: found.is_some(),
        log: server.log.to_string_lossy(),
        pid: found.map(|found| found.pid),
        server: &address,
    };
    let state = found.map_or_else(|| "not running".to_owned(), |found| format!("running, pid {}", found.pid));
    let text = format!("{state}\nserver  {address}\ndata    {}\nlog     {}", line.data, line.log);
    context.output.data(&Line::LocalServer(line), &text)?;
    if found.is_some() { Ok(()) } else { Err(CliError::Status(Exit::Unreachable as u8)) }
}

fn start(context: &Context) -> Result<(), CliError> {
    let server = context.local_server()?;
    let found = local::ensure_running(&server).map_err(|error| failed(&error))?;
    context.output.info(&format!("the local server runs, pid {}", found.pid));
    Ok(())
}

fn stop(context: &Context) -> Result<(), CliError> {
    let server = context.local_server()?;
    match local::stop(&server).map_err(|error| failed(&error))? {
        StopOutcome::Stopped { pid } => context.output.info(&format!("stopped the local server, pid {pid}")),
        StopOutcome::NotRunning => context.output.info("the local server was not running"),
    }
    Ok(())
}
