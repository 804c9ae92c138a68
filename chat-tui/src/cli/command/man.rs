//! `chat man`: the manual pages, as roff.

use std::path::PathBuf;

use clap::Args;

use crate::cli::exit::CliError;

/// The arguments of `man`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  chat man | man -l -\n  chat man --dir ~/.local/share/man/man1")]
pub(in crate::cli) struct ManArgs {
    /// Write a page for each command into this folder instead.
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

pub(super) fn run(args: &ManArgs) -> Result<(), CliError> {
    let definition = crate::cli::main::definition();
    if let Some(folder) = &args.dir {
        std::fs::create_dir_all(folder)?;
        return Ok(clap_mangen::generate_to(definition, folder)?);
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(definition).render(&mut page)?;
    crate::cli::output::raw(&page)
}
