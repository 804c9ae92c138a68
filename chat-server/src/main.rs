//! The program `chat-server`.

use std::process::ExitCode;

use chat_server::cli::ServerArgs;
use clap::Parser;

/// A chat server: rooms, presence, typing, topics, messages that stay or expire.
#[derive(Debug, Parser)]
#[command(name = "chat-server", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    server: ServerArgs,
    /// Say more in the log; twice for everything.
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
}

fn main() -> ExitCode {
    if color_eyre::install().is_err() {
        return ExitCode::FAILURE;
    }
    let cli = Cli::parse();
    match chat_server::run_in_foreground(&cli.server, cli.verbose) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::from(if error.downcast_ref::<chat_server::config::ConfigError>().is_some() { 2 } else { 1 })
        }
    }
}

#[expect(clippy::print_stderr, reason = "the program's own last word")]
fn complain(error: &color_eyre::Report) {
    eprintln!("chat-server: {error:#}");
}
