//! `chat serve`: the server in the foreground, with the flags of `chat-server`.

use crate::cli::exit::CliError;

/// The arguments of `serve`: those of `chat-server`.
pub(in crate::cli) type ServeArgs = chat_server::cli::ServerArgs;

pub(super) fn run(args: &ServeArgs, verbose: u8) -> Result<(), CliError> {
    crate::local::run_in_foreground(args, verbose).map_err(|error| CliError::failed(format!("{error:#}")))
}
