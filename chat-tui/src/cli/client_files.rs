//! The client's own files: what is wrong with each, all at once.

use super::context::Context;
use super::exit::CliError;
use crate::keymap::{Keymap, KeymapError};
use crate::theme::{Depth, Theme};

/// One of the client's files.
#[derive(Debug)]
pub(super) struct ClientFile {
    /// What it says: settings, keys, colours.
    pub about: &'static str,
    /// Where it is, or the name of what comes with the program.
    pub location: String,
    /// Everything that is wrong with it.
    pub faults: Vec<String>,
}

/// Looks at all of them.
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

/// Refuses to go on where a file is wrong: the settings, which everything needs, or, for the full-screen client, any.
///
/// # Errors
/// Exit 2, with the faults of all files.
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
    Err(CliError::usage(format!(
        "your files cannot be used as they are:\n{faults}\nMend them; `chat doctor` looks again"
    )))
}
