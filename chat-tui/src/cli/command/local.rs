//! `chat local …`: manages the user's own server in the background. Must not know how it is started or found.

use std::io::{self, IsTerminal, Write};

use clap::{Args, Subcommand};

use super::doctor::ephemeral_at_stake;
use super::local_backup::{self, BackupArgs, RestoreArgs};
use super::local_log::{self, LogArgs};
use crate::cli::context::Context;
use crate::cli::exit::{CliError, Exit};
use crate::cli::json::{Line, LocalServerLine};
use crate::cli::prompt::lines_of_stdin;
use crate::local::{self, LocalError, LocalState, StopOutcome};

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
    Stop(StopArgs),
    /// Restart the server with the installed version of the program.
    #[command(after_help = "Example, after an update:\n  chat local restart")]
    Restart(StopArgs),
    /// Show the end of the server's log, and follow it.
    Log(LogArgs),
    /// Copy all data of the server into one file, also while it runs, and check the copy.
    Backup(BackupArgs),
    /// Put a backup in the place of the server's data.
    Restore(RestoreArgs),
}

/// The arguments of `local stop` and `local restart`.
#[derive(Args, Debug)]
pub(in crate::cli) struct StopArgs {
    /// Stop without asking even if ephemeral messages are lost, and kill a server that hangs. Without a
    /// terminal to ask at, a server with ephemeral messages is not stopped otherwise (exit code 2).
    #[arg(long)]
    force: bool,
}

pub(super) fn background(args: BackgroundArgs) -> Result<(), CliError> {
    local::run_in_background(args).map_err(|error| CliError::failed(local::in_one_line(&error)))
}

pub(super) async fn run(action: &LocalAction, context: &Context) -> Result<(), CliError> {
    match action {
        LocalAction::Status => status(context).await,
        LocalAction::Start => start(context).await,
        LocalAction::Stop(args) => stop(args, context).await,
        LocalAction::Restart(args) => {
            stop(args, context).await?;
            start(context).await
        }
        LocalAction::Log(args) => local_log::run(args, context).await,
        LocalAction::Backup(args) => local_backup::back_up(args, context).await,
        LocalAction::Restore(args) => local_backup::restore(args, context).await,
    }
}

fn failed(error: &LocalError) -> CliError {
    CliError::unreachable(error.to_string())
}

async fn status(context: &Context) -> Result<(), CliError> {
    let server = context.local_server();
    let state = local::state(&server).map_err(|error| failed(&error))?;
    let (found, text) = match &state {
        LocalState::Running(found) => {
            let answers = crate::net::metrics(&found.address().parse()?).await.is_ok();
            let hangs = if answers { "" } else { ", but does not answer; `chat local stop --force` ends it" };
            (Some((found.pid, found.address())), format!("running, pid {}{hangs}", found.pid))
        }
        LocalState::Unreachable { holder, pid, socket } => {
            let address = socket.as_ref().map(|socket| format!("unix:{}", socket.display())).unwrap_or_default();
            let text = format!("running ({holder}), not accepting connections: starting, stopping or hung");
            (pid.map(|pid| (pid, address)), text)
        }
        LocalState::WithoutData(found) => {
            let lost = "its data folder was removed or replaced; `chat local stop --force` ends it";
            (Some((found.pid, found.address())), format!("running, pid {}, but {lost}", found.pid))
        }
        LocalState::NotRunning => (None, "not running".to_owned()),
    };
    let pid = found.as_ref().map(|(pid, _)| *pid);
    let address = found.map(|(_, address)| address).or_else(|| local::named_address(&server)).unwrap_or_default();
    let line = LocalServerLine {
        data: server.data.to_string_lossy(),
        is_running: !matches!(state, LocalState::NotRunning),
        log: server.log.to_string_lossy(),
        pid,
        server: &address,
    };
    let shown = if address.is_empty() { "-" } else { &address };
    let text = format!("{text}\nserver  {shown}\ndata    {}\nlog     {}", line.data, line.log);
    context.output.data(&Line::LocalServer(line), &text)?;
    match state {
        LocalState::Running(_) => Ok(()),
        LocalState::Unreachable { .. } | LocalState::WithoutData(_) | LocalState::NotRunning => {
            Err(CliError::Status(Exit::Unreachable as u8))
        }
    }
}

/// Does something that takes its time on a thread of its own, so that Ctrl+C ends the command.
async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, LocalError> + Send + 'static,
) -> Result<T, CliError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| CliError::failed(error.to_string()))?.map_err(|error| failed(&error))
}

async fn start(context: &Context) -> Result<(), CliError> {
    let server = context.local_server();
    let found = beside(move || local::ensure_running(&server)).await?;
    context.output.info(&format!("the local server is running, pid {}", found.pid));
    Ok(())
}

async fn stop(args: &StopArgs, context: &Context) -> Result<(), CliError> {
    let server = context.local_server();
    if !args.force
        && let Some(found) = local::find(&server).map_err(|error| failed(&error))?
    {
        let at_stake = ephemeral_at_stake(&found.address().parse()?).await;
        confirm(at_stake, context).await?;
    }
    let is_forced = args.force;
    match beside(move || local::stop(&server, is_forced)).await? {
        StopOutcome::Stopped { pid } => context.output.info(&format!("stopped the local server, pid {pid}")),
        StopOutcome::Killed { pid } => {
            context.output.info(&format!("the local server, pid {pid}, did not stop by itself and was killed"));
        }
        StopOutcome::NotRunning => context.output.info("the local server was not running"),
    }
    Ok(())
}

/// Asks whether the server may end although ephemeral messages end with it.
async fn confirm(at_stake: u64, context: &Context) -> Result<(), CliError> {
    let living = match at_stake {
        0 => return Ok(()),
        1 => "1 ephemeral message will be lost".to_owned(),
        many => format!("{many} ephemeral messages will be lost"),
    };
    if context.output.is_json() || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(CliError::usage(format!("{living}; not stopped. Wait until they expire, or use --force")));
    }
    write!(io::stderr(), "{living}. Stop the server? [y/N] ")?;
    let [answer] = lines_of_stdin().await?;
    let is_confirmed = matches!(answer.trim().to_lowercase().as_str(), "y" | "yes");
    if is_confirmed { Ok(()) } else { Err(CliError::failed("not stopped")) }
}
