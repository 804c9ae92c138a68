//! `chat man`: prints the manual pages as roff. Must not know which subcommands there are.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::exit::CliError;

/// The arguments of `man`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  chat man | man -l -\n  chat man --dir ~/.local/share/man/man1")]
pub(in crate::cli) struct ManArgs {
    /// Write one page per command to this folder instead.
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

pub(super) fn run(args: &ManArgs, definition: clap::Command) -> Result<(), CliError> {
    let mut definition = definition.disable_help_subcommand(true);
    match &args.dir {
        None => crate::cli::output::raw(&page(&clap_mangen::Man::new(definition))?),
        Some(folder) => {
            std::fs::create_dir_all(folder)?;
            // Gives each subcommand its full name, which becomes the name of its page.
            definition.build();
            write_pages(definition, folder)
        }
    }
}

fn write_pages(definition: clap::Command, folder: &Path) -> Result<(), CliError> {
    for subcommand in definition.get_subcommands().filter(|subcommand| !subcommand.is_hide_set()) {
        write_pages(subcommand.clone(), folder)?;
    }
    let manual = clap_mangen::Man::new(definition);
    Ok(std::fs::write(folder.join(manual.get_filename()), page(&manual)?)?)
}

/// Returns a page; its last section, our examples, is titled so.
fn page(manual: &clap_mangen::Man) -> Result<Vec<u8>, CliError> {
    let mut page = Vec::new();
    manual.render(&mut page)?;
    let page = String::from_utf8(page).expect("invariant: the pages are made of strings");
    Ok(page.replace("\n.SH EXTRA\n", "\n.SH EXAMPLES\n").into_bytes())
}
