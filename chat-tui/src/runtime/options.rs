//! What a run of the full-screen client needs.

use std::path::PathBuf;

use crate::keymap::KeymapError;
use crate::net::LinkOptions;
use crate::theme::ThemeError;

/// What a run needs.
#[derive(Debug)]
pub struct RunOptions {
    /// The server.
    pub link: LinkOptions,
    /// What the server is called on the screen.
    pub label: String,
    /// Where the cache is.
    pub cache_folder: PathBuf,
    /// The person's own keys; need not be there.
    pub keymap_file: PathBuf,
    /// The colours: `dark`, `light`, or a file.
    pub theme: String,
    /// Whether there are colours.
    pub colours: Colours,
    /// Whether the mouse is used.
    pub uses_mouse: bool,
    /// Whether mentions are told while the terminal has no keyboard: not, by the bell, or by a notification.
    pub notifies: Notifies,
}

/// Whether there are colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// As the terminal and `NO_COLOR` say.
    Auto,
    /// Whatever they say.
    Always,
    /// None.
    Never,
}

/// How mentions are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notifies {
    /// Not.
    Never,
    /// By the bell.
    Bell,
    /// By a notification of the terminal.
    Terminal,
}

/// Why a run ended without being asked to.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The keys cannot be used.
    #[error(transparent)]
    Keymap(#[from] KeymapError),
    /// The colours cannot be used.
    #[error(transparent)]
    Theme(#[from] ThemeError),
    /// The terminal cannot be used.
    #[error("the terminal cannot be used: {0}")]
    Terminal(#[from] std::io::Error),
    /// The task that holds the connection is gone: a fault of this program.
    #[error("the connection's task ended; this is a fault in chat, and its report stands above")]
    LinkEnded,
    /// The system has no random numbers.
    #[error("the system has no random numbers: {0}")]
    Random(getrandom::Error),
}
