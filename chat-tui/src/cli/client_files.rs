//! Checks the client's own files, and reports all mistakes at once. Must not know what the files are used for.

use super::context::Context;
use super::exit::CliError;
use crate::keymap::Keymap;
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

/// The subject of the keymap.
const KEYS: &str = "keys";

/// Returns all files with their mistakes.
pub(super) fn client_files(context: &Context) -> Vec<ClientFile> {
    let (settings, keymap) = (context.paths.client_toml(), context.paths.config.join("keymap.toml"));
    let (_, keymap_faults) = Keymap::load(&keymap);
    let theme = &context.settings.tui.theme;
    let is_named = theme != "auto";
    let theme_faults = is_named.then(|| Theme::load(theme, Depth::True).err()).flatten().map(|error| error.to_string());
    vec![
        ClientFile {
            about: "settings",
            location: settings.display().to_string(),
            faults: context.settings_faults.clone(),
        },
        ClientFile { about: KEYS, location: keymap.display().to_string(), faults: keymap_faults },
        ClientFile { about: "theme", location: theme.clone(), faults: theme_faults.into_iter().collect() },
    ]
}

/// Refuses to start if the settings have mistakes; for the full-screen client, also if the theme has. Mistakes in the
/// keys are shown there.
///
/// # Errors
/// Exit 2, with the mistakes in all files.
pub(super) fn require_valid_files(context: &Context, is_full_screen: bool) -> Result<(), CliError> {
    if context.settings_faults.is_empty() && !is_full_screen {
        return Ok(());
    }
    let mut lines = Vec::new();
    let files = client_files(context);
    let is_shown = |file: &&ClientFile| is_full_screen && file.about == KEYS;
    if is_full_screen && files.iter().all(|file| file.faults.is_empty() || is_shown(&file)) {
        return Ok(());
    }
    for file in files {
        lines.extend(file.faults.iter().map(|fault| format!("  {}: {fault}", file.location)));
    }
    if lines.is_empty() {
        return Ok(());
    }
    let faults = lines.join("\n");
    Err(CliError::usage(format!("your files have mistakes:\n{faults}\nFix them, then check them with `chat doctor`")))
}
