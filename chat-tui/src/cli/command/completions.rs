//! `chat completions SHELL`: prints completions. Must not know which subcommands there are.

use clap::Args;
use clap_complete::Shell;

use crate::cli::exit::CliError;

/// The arguments of `completions`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  chat completions bash > ~/.local/share/bash-completion/completions/chat\n  chat completions zsh > ~/.zfunc/_chat\n  chat completions fish > ~/.config/fish/completions/chat.fish"
)]
pub(in crate::cli) struct CompletionsArgs {
    /// The shell.
    shell: Shell,
}

pub(super) fn run(args: &CompletionsArgs, mut definition: clap::Command) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut definition, "chat", &mut script);
    crate::cli::output::raw(&script)
}
