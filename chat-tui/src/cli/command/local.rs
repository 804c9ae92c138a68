//! `chat local …`: manages the user's own server in the background. Must not know how it is started or found.

use clap::Subcommand;

use super::local_backup::{self, BackupArgs, RestoreArgs};
use super::local_log::{self, LogArgs};
use crate::cli::context::Context;
use crate::cli::exit::{CliError, Exit};
use crate::cli::json::{Line, LocalServerLine};
use crate::local::{self, LocalError, StopOutcome};

pub(super) use crate::local::BackgroundArgs;

/// The subcommands of `local`.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum LocalCommand {
    #[command(flatten)]
    Action(LocalAction),
    /// Run as the local server; other commands start it like this.
    #[command(hide = true)]
    Background(BackgroundArgs),
}

/// An action on the local server.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum LocalAction {
    /// Show whether the server runs, and its files; exits with 3 if it does not run.
    #[command(after_help = "Examples:\n  chat local status\n  chat local status --json | jq -r .data")]
    Status,
    /// Start the server if it does not run.
    #[command(after_help = "Other commands start the server when they need it.\n\nExample:\n  chat local start")]
    Start,
    /// Stop the server; clients reconnect when it is back.
    #[command(after_help = "Example:\n  chat local stop")]
    Stop,
    /// Restart the server with the installed version of the program.
    #[command(after_help = "Example, after an update:\n  chat local restart")]
    Restart,
    /// Show the end of the server's log, and follow it.
    Log(LogArgs),
    /// Copy all data of the server into one file, also while it runs, and check the copy.
    Backup(BackupArgs),
    /// Put a backup in the place of the server's data.
    Restore(RestoreArgs),
}

pub(super) fn background(args: BackgroundArgs) -> Result<(), CliError> {
    local::run_in_background(args).map_err(|error| CliError::failed(local::in_one_line(&error)))
}

pub(super) async fn run(action: &LocalAction, context: &Context) -> Result<(), CliError> {
    match action {
        LocalAction::Status => status(context),
        LocalAction::Start => start(context),
        LocalAction::Stop => stop(context),
        LocalAction::Restart => {
            stop(context)?;
            start(context)
        }
        LocalAction::Log(args) => local_log::run(args, context).await,
        LocalAction::Backup(args) => local_backup::back_up(args, context).await,
        LocalAction::Restore(args) => local_backup::restore(args, context).await,
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
    context.output.info(&format!("the local server is running, pid {}", found.pid));
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
