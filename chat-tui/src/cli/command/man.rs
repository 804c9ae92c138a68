//! `chat man`: prints the manual pages as roff. Must not know which subcommands there are.

use std::path::{Path, PathBuf};

use clap::Args;
use clap_mangen::roff::{Roff, roman};

use crate::cli::exit::CliError;
use crate::cli::json;

/// The arguments of `man`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  chat man | man -l -\n  chat man --dir ~/.local/share/man/man1")]
pub(in crate::cli) struct ManArgs {
    /// Write one page per command to this folder instead.
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

pub(super) fn run(args: &ManArgs, definition: clap::Command) -> Result<(), CliError> {
    let mut definition = definition;
    match &args.dir {
        None => {
            let page = page(&clap_mangen::Man::new(definition))?;
            crate::cli::output::raw(&[page, json_section(&mut Roff::new(), "JSON OUTPUT").into_bytes()].concat())
        }
        Some(folder) => {
            std::fs::create_dir_all(folder)?;
            // Gives each subcommand its full name, which becomes the name of its page.
            definition.build();
            std::fs::write(folder.join("chat-json.1"), json_page())?;
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

/// Returns the page about the lines of `--json`.
fn json_page() -> String {
    let mut page = Roff::new();
    page.control("TH", ["chat-json", "1", "chat", env!("CARGO_PKG_VERSION")]);
    page.control("SH", ["NAME"]).text([roman("chat-json - the lines that chat and chat-server print with --json")]);
    json_section(&mut page, "DESCRIPTION")
}

/// Adds the section about the lines of `--json`, in its own layout, and returns all of it.
fn json_section(page: &mut Roff, title: &str) -> String {
    page.control("SH", [title]).control("nf", []).text([roman(json::HELP)]).control("fi", []).render()
}
