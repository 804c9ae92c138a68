//! `chat help`: prints the help of a command, or the page about the lines of `--json`. Must not know which commands there are.

use clap::Args;

use crate::cli::exit::CliError;
use crate::cli::json;

/// The arguments of `help`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  chat help tail\n  chat help room create\n  chat help json           every type and field of --json"
)]
pub(in crate::cli) struct HelpArgs {
    /// The command, or `json`.
    #[arg(value_name = "COMMAND")]
    topic: Vec<String>,
}

pub(super) fn run(args: &HelpArgs, definition: clap::Command) -> Result<(), CliError> {
    if args.topic == ["json"] {
        return crate::cli::output::raw(json::HELP.as_bytes());
    }
    let mut command = definition;
    // Gives each subcommand its full name, which its usage shows.
    command.build();
    for word in &args.topic {
        let Some(found) = command.find_subcommand(word) else {
            let topic = args.topic.join(" ");
            return Err(CliError::usage(format!("there is no command {topic}; `chat help` lists them")));
        };
        command = found.clone();
    }
    Ok(command.print_long_help()?)
}
