//! Checks the client's own files, and reports all mistakes at once. Must not know what the files are used for.

use super::context::Context;
use super::exit::CliError;
use crate::keymap::{Keymap, KeymapError};
use crate::theme::{Depth, Theme};

/// One of the client's files.
#[derive(Debug)]
pub(super) struct ClientFile {
    /// Its subject: settings, keys, theme.
    pub about: &'static str,
    /// Its path, or the name of a built-in theme.
    pub location: String,
    /// All mistakes in it.
    pub faults: Vec<String>,
}

/// Returns all files with their mistakes.
pub(super) fn client_files(context: &Context) -> Vec<ClientFile> {
    let (settings, keymap) = (context.paths.client_toml(), context.paths.config.join("keymap.toml"));
    let keymap_faults = match Keymap::load(&keymap) {
        Ok(_) => Vec::new(),
        Err(KeymapError::Wrong { reasons, .. }) => reasons,
        Err(KeymapError::Unreadable { source, .. }) => vec![format!("cannot be read: {source}")],
    };
    let theme = &context.settings.tui.theme;
    let theme_faults = Theme::load(theme, Depth::True).err().map(|error| error.to_string());
    vec![
        ClientFile {
            about: "settings",
            location: settings.display().to_string(),
            faults: context.settings_faults.clone(),
        },
        ClientFile { about: "keys", location: keymap.display().to_string(), faults: keymap_faults },
        ClientFile { about: "theme", location: theme.clone(), faults: theme_faults.into_iter().collect() },
    ]
}

/// Refuses to start if the settings have mistakes; for the full-screen client, if any file has.
///
/// # Errors
/// Exit 2, with the mistakes in all files.
pub(super) fn require_valid_files(context: &Context, is_full_screen: bool) -> Result<(), CliError> {
    if context.settings_faults.is_empty() && !is_full_screen {
        return Ok(());
    }
    let mut lines = Vec::new();
    for file in client_files(context) {
        lines.extend(file.faults.iter().map(|fault| format!("  {}: {fault}", file.location)));
    }
    if lines.is_empty() {
        return Ok(());
    }
    let faults = lines.join("\n");
    Err(CliError::usage(format!("your files have mistakes:\n{faults}\nFix them, then check them with `chat doctor`")))
}
