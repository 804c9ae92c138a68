//! `chat serve`: runs a server in the foreground, with the flags of `chat-server`. Must not know what they mean.

use crate::cli::exit::CliError;
use crate::local::{ConfigError, ServerArgs, in_one_line};

/// The arguments of `serve`, the same as those of `chat-server`.
pub(in crate::cli) type ServeArgs = ServerArgs;

pub(super) fn run(args: &ServeArgs, verbose: u8) -> Result<(), CliError> {
    crate::local::run_in_foreground(args, verbose).map_err(|error| {
        let message = in_one_line(&error);
        let is_wrong_setting = error.downcast_ref::<ConfigError>().is_some();
        if is_wrong_setting { CliError::usage(message) } else { CliError::failed(message) }
    })
}
