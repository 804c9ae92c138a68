//! The program `chat-server`: picks the server or one of its commands. Must not know how any of them works.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use chat_server::backup::{BackupArgs, RestoreArgs, run_backup, run_restore};
use chat_server::cli::{ServerArgs, without_empty_variables};
use chat_server::manual;
use chat_server::output::{self, OutputError};
use chat_server::prune::{PruneArgs, run_prune};
use clap::{CommandFactory, FromArgMatches as _, Parser, Subcommand};

/// The handbook; its lines fit a terminal as they are.
const OPERATIONS: &str = include_str!("../../config/operations.md");

/// A chat server: rooms, presence, typing, trending words, persistent and ephemeral messages.
#[derive(Debug, Parser)]
#[command(name = "chat-server", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    server: ServerArgs,
    /// Log more; twice for everything.
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check the data folder, addresses and Redis with these settings, and say what to change. Safe beside a running
    /// server.
    #[command(after_help = "\
Exits with 1 if a check fails; a warning is no failure.

Examples:
  chat-server doctor --data /srv/chat
  chat-server doctor --redis redis://127.0.0.1:6379
  chat-server doctor --redis redis://127.0.0.1:6379 --prefix talk
  chat-server doctor --json | jq 'select(.level != \"ok\")'")]
    Doctor {
        /// Print JSON lines instead of text.
        #[arg(long)]
        json: bool,
        /// Prefix of the Redis keys, if it differs from the settings (redis.prefix).
        #[arg(long, value_name = "PREFIX")]
        prefix: Option<String>,
    },
    /// Copy all accounts, rooms and messages into one file, also beside a running server, and check the copy.
    #[command(after_help = "\
The file gets its name once it is whole, checked and on disk; only you can read it. Ephemeral
messages are not in it. It keeps what is deleted later: delete old backups.

Examples:
  chat-server backup /backup/chat-$(date +%F).db --data /srv/chat
  chat-server backup --force /backup/chat.db --config /etc/chat/server.toml")]
    Backup(BackupArgs),
    /// Put a backup into the data folder. No server may run on it.
    #[command(after_help = "\
The backup is checked before anything changes. A folder that is not empty is refused; with --force
its database is moved into a folder beside it, replaced-TIME. Clients notice the restore and load
everything anew. Passwords and sign-ins are those of the backup, also those revoked since.

Examples:
  chat-server restore /backup/chat-2026-11-21.db --data /srv/chat
  chat-server restore --force /backup/chat.db --data /srv/chat")]
    Restore(RestoreArgs),
    /// Remove old messages, as a deletion does: their texts leave every file. No server may run on the folder.
    #[command(after_help = "\
A running server does this by itself if keep_days is set under [rooms]. Removed messages cannot be
brought back; topics, members and joins stay. Unread counts go on without them. A run that was
interrupted goes on where it stopped. Backups made before keep the messages: delete old backups.

Examples:
  chat-server prune --days 365 --dry-run --data /srv/chat
  chat-server prune --before 2026-01-01 --room general --data /srv/chat
  chat-server prune --config /etc/chat/server.toml          as old as keep_days says")]
    Prune(PruneArgs),
    /// Print the handbook for operators: service, proxy, TLS, backup, upgrade, metrics, limits, troubleshooting.
    #[command(long_about = OPERATIONS, help_template = "{about}\n")]
    Operations,
    /// Print completions for a shell.
    #[command(
        after_help = "Example:\n  chat-server completions bash > ~/.local/share/bash-completion/completions/chat-server"
    )]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page.
    #[command(after_help = "Example:\n  chat-server man | man -l -")]
    Man,
}

fn main() -> ExitCode {
    // First: a service manager may ask to read the settings again as soon as the process is there.
    let Ok(signals) = chat_server::HeldSignals::hold() else { return ExitCode::FAILURE };
    if chat_server::install_reports().is_err() {
        return ExitCode::FAILURE;
    }
    let parsed = without_empty_variables(Cli::command()).try_get_matches();
    let cli = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => return refuse_arguments(&error),
    };
    if cli.command.is_some() {
        signals.release();
    }
    let ran = match cli.command {
        None => chat_server::run_in_foreground(&cli.server, cli.verbose).map(|()| true),
        Some(Command::Operations) => done(output::print(OPERATIONS)),
        Some(Command::Backup(backup)) => run_backup(&cli.server, &backup).map(|()| true),
        Some(Command::Restore(backup)) => run_restore(&cli.server, &backup).map(|()| true),
        Some(Command::Prune(prune)) => run_prune(&cli.server, &prune).map(|()| true),
        Some(Command::Completions { shell }) => done(manual::print_completions(shell, Cli::command())),
        Some(Command::Man) => done(manual::print_man(Cli::command())),
        Some(Command::Doctor { json, prefix }) => chat_server::doctor::run(&cli.server, json, prefix.as_deref()),
    };
    match ran {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) if error.downcast_ref().is_some_and(OutputError::is_reader_gone) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::from(if error.downcast_ref::<chat_server::config::ConfigError>().is_some() { 2 } else { 1 })
        }
    }
}

/// Prints the help or version that was asked for, or the mistake in the arguments and the command whose help says more.
fn refuse_arguments(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        let printed = error.print().map_err(OutputError::from);
        return if printed.is_err_and(|cause| !cause.is_reader_gone()) { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    }
    let rendered = error.render().to_string();
    let text = rendered.strip_prefix("error: ").unwrap_or(&rendered);
    let end = ["\n\nUsage:", "\n\nFor more information"].iter().filter_map(|mark| text.find(mark)).min();
    let definition = Cli::command();
    let command =
        std::env::args().skip(1).find_map(|word| Some(definition.find_subcommand(word)?.get_name().to_owned()));
    let named = command.map(|name| format!(" {name}")).unwrap_or_default();
    complain_in_words(&format!("{}\nsee `chat-server{named} --help`", text[..end.unwrap_or(text.len())].trim_end()));
    ExitCode::from(2)
}

fn done(printed: Result<(), OutputError>) -> color_eyre::Result<bool> {
    Ok(printed.map(|()| true)?)
}

fn complain(error: &color_eyre::Report) {
    // A person sees causes and the next step apart; scripts and logs get one line.
    if std::io::stderr().is_terminal() {
        complain_in_words(&chat_server::in_lines(error));
    } else {
        complain_in_words(&chat_server::in_one_line(error));
    }
}

#[expect(clippy::print_stderr, reason = "the program's own last word")]
fn complain_in_words(text: &str) {
    eprintln!("chat-server: {text}");
}
