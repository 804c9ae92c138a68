//! Turns arguments into an exit code. Must not know what a subcommand does.

use std::process::ExitCode;
use std::time::Duration;

use chat_proto::error::ErrorCode;
use clap::{CommandFactory, FromArgMatches, Parser};

use super::client_files::require_valid_files;
use super::command::{ClientTask, Command, Task};
use super::context::{Context, Globals};
use super::exit::{CliError, Code, ErrorReport, Exit};
use super::outbox::{Delivered, deliver, deliver_for_ever, report_expired};
use super::output::{ColorChoice, Output, has_stderr_color};
use super::reader_gone::reader_gone;
use super::voice::{argument_clause, argument_mistake};

use crate::text::io_reason;

const EXAMPLES: &str = "\
Examples:
  chat                                    open the full-screen client, at the server used last
  chat send general 'the build is green'  post a message
  make 2>&1 | chat send builds --code     post what a program prints
  chat tail ops -f                        follow a room
  chat wait deploy --match done           wait for a message
  chat run builds -- cargo test           run a command and post its result
  chat help json                          every type and field of --json

Exit codes: 0 ok, 1 failed, 2 usage, 3 server unreachable, 4 not signed in, 5 not found or not \
allowed, 6 rate limited, 7 timed out or no match, 130 interrupted.";

/// The widest help text; longer lines are wrapped.
const WIDTH_MAX: usize = 100;

/// Writes in progress may finish for this long when a command ends. A longer limit would only wait for reads of an idle
/// standard input, which cannot be cancelled.
const SHUTDOWN_LIMIT: Duration = Duration::from_millis(100);

/// The outbox may be sent for this long while a command works, and no longer after its end.
const DELIVERY_LIMIT: Duration = Duration::from_secs(1);

/// Team chat in the terminal. The first command starts your own server in the background; there is nothing to set up.
#[derive(Debug, Parser)]
#[command(name = "chat", version, after_help = EXAMPLES, max_term_width = WIDTH_MAX, disable_help_subcommand = true)]
pub(super) struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Runs the command line.
pub fn run() -> ExitCode {
    let cli = match command().try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => return refuse_arguments(&error),
    };
    let output = Output::new(cli.globals.json, cli.globals.quiet, cli.globals.color);
    match dispatch(cli) {
        Ok(()) | Err(CliError::OutputClosed) => ExitCode::SUCCESS,
        Err(CliError::Status(status)) => ExitCode::from(status),
        Err(CliError::Failed { exit, report }) => {
            output.error(&report);
            exit.into()
        }
    }
}

/// The command line. What is a server's variable counts as unset if it is empty, as it does for `chat-server`.
fn command() -> clap::Command {
    let command = Cli::command();
    #[cfg(feature = "local-server")]
    let command = command.mut_subcommand("serve", crate::local::without_empty_variables);
    command
}

/// Prints the mistake in the arguments, or the help or version the user asked for.
fn refuse_arguments(error: &clap::Error) -> ExitCode {
    // Help and version are data for standard output; clap knows which is which.
    let code = if error.use_stderr() { Exit::Usage.into() } else { ExitCode::SUCCESS };
    // The arguments cannot be parsed, so look for the flag by hand; after `--` come another command's arguments.
    let is_json = std::env::args_os().skip(1).take_while(|word| word != "--").any(|word| word == "--json");
    if is_json && error.use_stderr() {
        let report = ErrorReport::new(Code::Protocol(ErrorCode::BadRequest), sentence(error));
        Output::new(true, false, ColorChoice::Never).error(&report);
        return code;
    }
    if error.use_stderr() && error.kind() != clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let message = argument_clause(&error.render().to_string(), &named_command(std::env::args().skip(1)));
        Output::new(false, false, ColorChoice::Auto)
            .error(&ErrorReport::new(Code::Protocol(ErrorCode::BadRequest), message));
        return code;
    }
    match error.print() {
        Err(cause) if !error.use_stderr() && cause.kind() != std::io::ErrorKind::BrokenPipe => Exit::Failed.into(),
        Ok(()) | Err(_) => code,
    }
}

/// Returns the command that the words name: `chat room create`. clap does not say which one a wrong value was given to.
fn named_command(words: impl Iterator<Item = String>) -> String {
    let mut command = Cli::command();
    let mut path = command.get_name().to_owned();
    for word in words.take_while(|word| word != "--") {
        if let Some(found) = command.find_subcommand(&word).cloned() {
            command = found;
            path = format!("{path} {}", command.get_name());
        }
    }
    path
}

/// Returns the mistake in the arguments in one line, without usage and hints.
fn sentence(error: &clap::Error) -> String {
    if error.kind() == clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return "a subcommand is missing; --help lists them".to_owned();
    }
    let rendered = error.render().to_string();
    argument_mistake(&rendered).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn dispatch(cli: Cli) -> Result<(), CliError> {
    match Task::from(cli.command) {
        // The background server leaves its session before any thread exists, and reads no client settings.
        Task::Standalone(task) => task.run(cli.globals.verbose, Cli::command()),
        Task::Client(task) => run_client(&task, cli.globals),
    }
}

fn run_client(task: &ClientTask, globals: Globals) -> Result<(), CliError> {
    // A log on standard error would overwrite the full-screen client.
    if !task.is_full_screen() {
        start_logging(globals.verbose, globals.color);
    }
    let context = Context::new(globals)?;
    // `doctor` reports the mistakes itself, and `run` runs its command all the same.
    if !task.checks_client_files() {
        require_valid_files(&context, task.is_full_screen())?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| CliError::failed(format!("cannot start: {}", io_reason(&error))))?;
    let result = runtime.block_on(async {
        tokio::select! {
            result = with_delivery(task, &context) => result,
            () = reader_gone(), if task.ends_with_its_reader() => Err(CliError::OutputClosed),
            _ = tokio::signal::ctrl_c(), if task.ends_on_interrupt() => Err(CliError::Status(Exit::Interrupted as u8)),
        }
    });
    runtime.shutdown_timeout(SHUTDOWN_LIMIT);
    result
}

/// Does the work, and beside it posts what waits in the outbox. The work is never delayed; a short command ends up to a second
/// later if something waits.
async fn with_delivery(task: &ClientTask, context: &Context) -> Result<(), CliError> {
    if task.is_full_screen() {
        return tokio::select! {
            result = task.run(context, Cli::command) => result,
            () = deliver_for_ever(context) => Ok(()),
        };
    }
    if !task.delivers() {
        return task.run(context, Cli::command).await;
    }
    let limit = tokio::time::Instant::now() + DELIVERY_LIMIT;
    report_expired(context);
    let mut delivered = Delivered::default();
    let result = {
        let (work, delivery) = (task.run(context, Cli::command), deliver(context, false, &mut delivered));
        tokio::pin!(work, delivery);
        tokio::select! {
            biased;
            result = &mut work => {
                if !is_unreachable(&result) {
                    let _ = tokio::time::timeout_at(limit, delivery).await;
                }
                result
            }
            () = &mut delivery => work.await,
        }
    };
    // The error of the command says why the rest waits.
    delivered.is_under_way &= !is_unreachable(&result);
    delivered.tell(&context.output);
    result
}

fn is_unreachable(result: &Result<(), CliError>) -> bool {
    result.as_ref().is_err_and(CliError::is_unreachable)
}

/// Sends logs to standard error with `-v`; they never contain a message's text.
fn start_logging(verbose: u8, color: ColorChoice) {
    let level = match verbose {
        0 => return,
        1 => tracing::Level::INFO,
        2 => tracing::Level::DEBUG,
        _ => tracing::Level::TRACE,
    };
    let log = tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr);
    // Names of modules tell a user nothing.
    log.with_ansi(has_stderr_color(color)).with_target(false).init();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without_examples(command: &clap::Command, path: &str, found: &mut Vec<String>) {
        let path = format!("{path} {}", command.get_name());
        if !command.get_after_help().is_some_and(|text| text.to_string().contains("Example")) {
            found.push(path.clone());
        }
        let visible = command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set());
        visible.for_each(|subcommand| without_examples(subcommand, &path, found));
    }

    fn wrapped_examples(command: &clap::Command, found: &mut Vec<String>) {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        found.extend(help.lines().filter(|line| line.starts_with("  ") && line.len() > WIDTH_MAX).map(str::to_owned));
        command.get_subcommands().for_each(|subcommand| wrapped_examples(subcommand, found));
    }

    #[test]
    fn no_example_is_wrapped() {
        let mut found = Vec::new();
        wrapped_examples(&Cli::command(), &mut found);
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn the_command_is_found_among_flags_and_arguments() {
        for (line, expected) in [
            ("--json room create 'a b'", "chat room create"),
            ("tail -n -1 general", "chat tail"),
            ("topics general", "chat trending"),
            ("run room -- room create", "chat run"),
            ("nonsense", "chat"),
        ] {
            assert_eq!(named_command(line.split(' ').map(str::to_owned)), expected);
        }
    }

    #[test]
    fn every_command_shows_an_example() {
        let mut found = Vec::new();
        without_examples(&Cli::command(), "", &mut found);
        assert_eq!(found, Vec::<String>::new());
    }
}
