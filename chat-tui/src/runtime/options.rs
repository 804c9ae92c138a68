//! What a run of the full-screen client needs.

use std::path::PathBuf;

use crate::keymap::Keymap;
use crate::net::LinkOptions;
use crate::terminal::Capabilities;
use crate::theme::{Depth, Theme};

/// What a run needs.
#[derive(Debug)]
pub struct RunOptions {
    /// The server.
    pub link: LinkOptions,
    /// What the server is called on the screen.
    pub label: String,
    /// Where the cache is.
    pub cache_folder: PathBuf,
    /// The keys.
    pub keymap: Keymap,
    /// The colours.
    pub theme: Theme,
    /// How many colours the terminal has.
    pub depth: Depth,
    /// What the terminal can do.
    pub capabilities: Capabilities,
    /// Whether the mouse is used.
    pub uses_mouse: bool,
    /// Whether mentions are told while the terminal has no keyboard: not, by the bell, or by a notification.
    pub notifies: Notifies,
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
