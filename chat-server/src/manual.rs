//! The manual page of `chat-server`, and its completions. Must not know which flags there are.

use clap::Command;
use clap_complete::Shell;

use crate::output::{OutputError, print};

/// What the page says before its examples.
const SECTIONS: &str = r#"
.SH "EXIT STATUS"
0 after a clean shutdown, 1 if the server cannot run or a check fails, 2 if the settings are wrong.
.SH ENVIRONMENT
.TP
\fBCHAT_SERVER_\fR\fITABLE\fR\fB_\fR\fIKEY\fR
Any setting, for example CHAT_SERVER_AUTH_REGISTRATION; those of the table \fBserver\fR without its name: CHAT_SERVER_LISTEN,
CHAT_SERVER_DATA. Flags win over them, and they win over the file.
.TP
\fBCHAT_REDIS_URL\fR
The Redis to use.
.TP
\fBCHAT_LOG\fR
The level of the log, above every setting.
.SH FILES
.TP
\fI~/.local/share/chat/server/\fR
The data folder, if none is named: the database \fIchat.db\fR with its log, and \fIlock\fR.
.SH SIGNALS
SIGTERM and SIGINT shut the server down cleanly. SIGHUP reads the settings again.
"#;

/// Prints the manual page as roff.
///
/// # Errors
/// Standard output cannot be written.
pub fn print_man(definition: Command) -> Result<(), OutputError> {
    let mut page = Vec::new();
    clap_mangen::Man::new(definition.disable_help_subcommand(true)).render(&mut page)?;
    let page = String::from_utf8_lossy(&page).replace("\n.SH EXTRA\n", &format!("{SECTIONS}.SH EXAMPLES\n"));
    print(&page)
}

/// Prints completions for a shell.
///
/// # Errors
/// Standard output cannot be written.
pub fn print_completions(shell: Shell, mut definition: Command) -> Result<(), OutputError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut definition, "chat-server", &mut script);
    print(&String::from_utf8_lossy(&script))
}
