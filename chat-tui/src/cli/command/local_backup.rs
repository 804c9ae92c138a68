//! `chat local backup` and `chat local restore`: copy the data of the user's own server to a file and back. Must not know
//! how they are copied.

use std::path::PathBuf;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::json::{CopiedDataLine, Line};
use crate::local::{self, CopiedData, LocalCopyError, LocalServer};

/// The arguments of `local backup`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
The file gets its name once it is whole, checked and on disk; only you can read it. Ephemeral
messages are not in it. It keeps what is deleted later: delete old backups.

Examples:
  chat local backup ~/chat-$(date +%F).db
  chat local backup --force /media/stick/chat.db")]
pub(in crate::cli) struct BackupArgs {
    /// Write the backup to this file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Replace the file if it exists.
    #[arg(long)]
    force: bool,
}

/// The arguments of `local restore`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
The backup is checked before anything changes. If there are data already, it is refused; with
--force they are moved into a folder beside it, replaced-TIME.

Example:
  chat local stop && chat local restore --force ~/chat-2026-11-21.db")]
pub(in crate::cli) struct RestoreArgs {
    /// The backup.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Move the data that are there aside.
    #[arg(long)]
    force: bool,
}

/// Copies the data of the server.
type Copy = fn(&LocalServer, &std::path::Path, bool, bool) -> Result<CopiedData, LocalCopyError>;

pub(super) async fn back_up(args: &BackupArgs, context: &Context) -> Result<(), CliError> {
    let done = copy(local::back_up, (args.file.clone(), args.force), context).await?;
    context.output.data(&Line::Backup(line(&done)), &done.text())
}

pub(super) async fn restore(args: &RestoreArgs, context: &Context) -> Result<(), CliError> {
    let done = copy(local::restore, (args.file.clone(), args.force), context).await?;
    context.output.data(&Line::Restore(line(&done)), &done.text())
}

/// Copies on another thread, so that Ctrl+C ends the command meanwhile.
async fn copy(copy: Copy, (file, is_forced): (PathBuf, bool), context: &Context) -> Result<CopiedData, CliError> {
    let server = context.local_server();
    let is_shown = !context.globals.quiet;
    let copied = tokio::task::spawn_blocking(move || copy(&server, &file, is_forced, is_shown)).await;
    let copied = copied.map_err(|error| CliError::failed(error.to_string()))?;
    copied.map_err(|error| CliError::failed(error.to_string()))
}

fn line(done: &CopiedData) -> CopiedDataLine<'_> {
    CopiedDataLine {
        bytes: done.copied.bytes,
        data: done.data.to_string_lossy(),
        file: done.file.to_string_lossy(),
        form: done.copied.form,
        damaged: done.copied.damaged.as_ref().map(|damaged| damaged.count),
        former: done.former.as_ref().map(|former| former.to_string_lossy()),
    }
}
