//! The options and errors of a run of the full-screen client. Must not know where the options come from.

use std::path::PathBuf;

use crate::net::LinkOptions;
use crate::text::io_reason;
use crate::theme::{ThemeChoice, ThemeError};

/// The options of a run.
#[derive(Debug)]
pub struct RunOptions {
    /// The server.
    pub link: LinkOptions,
    /// The server's name on the screen.
    pub label: String,
    /// The server's name in the cache.
    pub cache_name: String,
    /// The folder of the cache.
    pub cache_folder: PathBuf,
    /// The person's own keys; the file may be absent.
    pub keymap_file: PathBuf,
    /// The theme.
    pub theme: ThemeChoice,
    /// When to use colours.
    pub colours: Colours,
    /// The command that opens a link; empty finds one.
    pub opener: String,
    /// Whether the mouse works in the terminal.
    pub uses_mouse: bool,
    /// How mentions are announced while the terminal does not have the focus.
    pub notifies: Notifies,
    /// Called at each sign-in.
    pub keep_sign_in: KeepSignIn,
    /// A notice to begin with.
    pub greeting: Option<String>,
}

/// Takes the account's name, and the token if the server has made one.
type Keep = dyn FnMut(&str, Option<&str>) -> Result<(), String> + Send;

/// Keeps a sign-in for the next start. Takes the account's name, and the token if the server has made one.
///
/// # Errors
/// A sentence for the person.
pub struct KeepSignIn(pub Box<Keep>);

impl std::fmt::Debug for KeepSignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeepSignIn")
    }
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// If the terminal has colours and `NO_COLOR` is not set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How mentions are announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notifies {
    /// Not at all.
    Never,
    /// With the terminal's bell.
    Bell,
    /// With a notification of the terminal, or the bell if it is not known to show any.
    Terminal,
}

/// Why a run failed.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The theme is wrong.
    #[error(transparent)]
    Theme(#[from] ThemeError),
    /// The terminal cannot be used.
    #[error("the terminal cannot be used: {}", io_reason(.0))]
    Terminal(#[from] std::io::Error),
    /// The link's task has ended: a fault in this program.
    #[error("the connection's task ended; this is a fault in chat, and its report stands above")]
    LinkEnded,
    /// The system has no random numbers.
    #[error("the system has no random numbers: {0}")]
    Random(getrandom::Error),
}
