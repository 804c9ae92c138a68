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

/// What every page says before its examples.
const SECTIONS: &str = r#"
.SH "EXIT STATUS"
0 ok, 1 failed, 2 wrong usage, 3 server unreachable, 4 not signed in, 5 not found or not allowed, 6 rate limited,
7 timed out or no match, 130 interrupted. \fBchat run\fR exits with the status of its command.
.SH ENVIRONMENT
.TP
\fBCHAT_SERVER\fR
The server to talk to; \fB\-\-server\fR and \fB\-\-profile\fR win over it.
.TP
\fBCHAT_TOKEN\fR
A token to sign in with, instead of the one stored by \fBchat login\fR.
.TP
\fBNO_COLOR\fR
Any value turns colour off, unless \fB\-\-color always\fR is given.
.TP
\fBSSL_CERT_FILE\fR
Certificates to trust instead of the system's; \fBca_file\fR of a profile wins over it.
.TP
\fBXDG_CONFIG_HOME\fR, \fBXDG_DATA_HOME\fR, \fBXDG_STATE_HOME\fR, \fBXDG_RUNTIME_DIR\fR
Where the files below are, if not in the usual places.
.SH FILES
.TP
\fI~/.config/chat/client.toml\fR
Settings and profiles.
.TP
\fI~/.config/chat/keymap.toml\fR
Keys of the full-screen client.
.TP
\fI~/.local/share/chat/credentials.toml\fR
Tokens, one for each server.
.TP
\fI~/.local/share/chat/server/\fR
The data of your own server.
.TP
\fI~/.local/state/chat/\fR
Unsent messages, drafts, input history, the servers that were used, and the log of your own server.
.TP
\fI/run/chat/chat.sock\fR
The socket of a server for all users of this machine.
"#;

/// Returns a page; its last section, our examples, is titled so.
fn page(manual: &clap_mangen::Man) -> Result<Vec<u8>, CliError> {
    let mut page = Vec::new();
    manual.render(&mut page)?;
    let page = String::from_utf8(page).expect("invariant: the pages are made of strings");
    let examples = format!("{SECTIONS}.SH EXAMPLES\n");
    Ok(page.replace("\n.SH EXTRA\n", &examples).into_bytes())
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
