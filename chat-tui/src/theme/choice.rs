//! Which theme is used: the one in the settings, else the one chosen last, else the one for the terminal's background.
//! Must not know how a background is found out.

use std::io;
use std::path::PathBuf;

/// The name that leaves the choice to the terminal's background.
const AUTO: &str = "auto";

/// The choice of a theme, which outlives the program.
#[derive(Clone, Debug)]
pub struct ThemeChoice {
    configured: Option<String>,
    chosen: Option<String>,
    file: PathBuf,
}

/// Whether a choice holds for the next start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remembered {
    /// It does.
    Yes,
    /// The settings name this theme, and win.
    SettingsName(String),
}

impl ThemeChoice {
    /// Reads the last choice from `file`; `configured` is the theme of the settings.
    pub fn read(configured: &str, file: PathBuf) -> Self {
        let chosen = std::fs::read_to_string(&file).ok().map(|name| name.trim().to_owned());
        Self { configured: named(configured), chosen: chosen.as_deref().and_then(named), file }
    }

    /// Returns the theme's name or file; `of_background` is the one for the terminal's background.
    pub fn name<'a>(&'a self, of_background: &'a str) -> &'a str {
        self.configured.as_deref().or(self.chosen.as_deref()).unwrap_or(of_background)
    }

    /// Whether the settings name the theme.
    pub fn is_configured(&self) -> bool {
        self.configured.is_some()
    }

    /// Forgets the choice for this run.
    pub fn drop_chosen(&mut self) {
        self.chosen = None;
    }

    /// Remembers a choice for the next start, unless the settings name another theme.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn remember(&mut self, name: &str) -> io::Result<Remembered> {
        // A relative path would mean another file in another folder.
        let name = match name {
            AUTO | "dark" | "light" => name.to_owned(),
            path => std::fs::canonicalize(path)?.to_string_lossy().into_owned(),
        };
        self.chosen = named(&name);
        match &self.configured {
            Some(configured) if *configured != name => return Ok(Remembered::SettingsName(configured.clone())),
            Some(_) | None => {}
        }
        if let Some(folder) = self.file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&self.file, name + "\n")?;
        Ok(Remembered::Yes)
    }
}

fn named(name: &str) -> Option<String> {
    Some(name.to_owned()).filter(|name| !matches!(name.as_str(), "" | AUTO))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_outlives_the_program() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("state/theme");
        let read = || ThemeChoice::read("auto", file.clone());
        assert_eq!(read().name("dark"), "dark");
        assert_eq!(read().remember("light").expect("written"), Remembered::Yes);
        assert_eq!(read().name("dark"), "light");
        assert_eq!(read().remember("auto").expect("written"), Remembered::Yes);
        assert_eq!(read().name("dark"), "dark");
        assert!(read().remember("/nowhere/theme.toml").is_err());
    }

    #[test]
    fn a_theme_in_the_settings_wins_over_the_last_choice() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("theme");
        ThemeChoice::read("auto", file.clone()).remember("light").expect("written");
        let mut choice = ThemeChoice::read("dark", file.clone());
        assert_eq!(choice.name("light"), "dark");
        assert_eq!(choice.remember("light").expect("read"), Remembered::SettingsName("dark".into()));
        assert_eq!(choice.remember("dark").expect("written"), Remembered::Yes);
    }
}
