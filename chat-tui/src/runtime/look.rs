//! The look of the screen: the theme in use, and the reasons for it (the settings, the last choice, the terminal's
//! background and colours). Must not know what is drawn.

use super::options::Colours;
use crate::terminal::{Background, Capabilities, Environment};
use crate::text::io_reason;
use crate::theme::{Depth, Remembered, Theme, ThemeChoice, ThemeError};

/// The theme in use.
#[derive(Debug)]
pub(super) struct Look {
    pub(super) theme: Theme,
    choice: ThemeChoice,
    depth: Depth,
    background: Background,
}

impl Look {
    /// Loads the theme for a background. A theme that was chosen and is gone is replaced; the second value says so.
    ///
    /// # Errors
    /// The theme in the settings cannot be used.
    pub(super) fn load(
        mut choice: ThemeChoice,
        depth: Depth,
        background: Background,
    ) -> Result<(Self, Option<String>), ThemeError> {
        let mut trouble = None;
        let theme = match Theme::load(choice.name(name_for(background)), depth) {
            Err(error) if !choice.is_configured() => {
                trouble = Some(format!("The theme you chose is not used: {error}"));
                choice.drop_chosen();
                Theme::load(name_for(background), depth)?
            }
            loaded => loaded?,
        };
        Ok((Self { theme, choice, depth, background }, trouble))
    }

    /// Takes the background that the terminal has named. Returns whether the theme has changed.
    pub(super) fn take_background(&mut self, background: Background) -> bool {
        let before = self.choice.name(name_for(self.background)).to_owned();
        self.background = background;
        let name = self.choice.name(name_for(background));
        // Only a built-in theme can follow from the background, and those can be loaded.
        let theme = (name != before).then(|| Theme::load(name, self.depth).ok()).flatten();
        let has_changed = theme.is_some();
        self.theme = theme.unwrap_or_else(|| self.theme.clone());
        has_changed
    }

    /// Changes to the theme with this name, and remembers it. Returns a notice if it will not hold for the next start.
    ///
    /// # Errors
    /// The reason why it cannot be used, for the user.
    pub(super) fn change(&mut self, name: &str) -> Result<Option<String>, String> {
        let loaded = if name == "auto" { name_for(self.background) } else { name };
        self.theme = Theme::load(loaded, self.depth).map_err(|error| error.to_string())?;
        match self.choice.remember(name) {
            Ok(Remembered::Yes) => Ok(None),
            Ok(Remembered::SettingsName(theme)) => {
                Ok(Some(format!("Only until you leave: client.toml names the theme {theme}.")))
            }
            Err(error) => Ok(Some(format!("Only until you leave: it cannot be saved: {}", io_reason(&error)))),
        }
    }
}

fn name_for(background: Background) -> &'static str {
    match background {
        Background::Dark => "dark",
        Background::Light => "light",
    }
}

/// Returns the terminal's capabilities, colours and background according to the environment.
pub(super) fn terminal_of(colours: Colours) -> (Capabilities, Depth, Background) {
    let variable = |name: &str| std::env::var(name).ok();
    let (term, colorterm, no_color) = (variable("TERM"), variable("COLORTERM"), variable("NO_COLOR"));
    let depth = match colours {
        Colours::Never => Depth::None,
        Colours::Always => Depth::of(None, colorterm.as_deref(), None),
        Colours::Auto => Depth::of(no_color.as_deref(), colorterm.as_deref(), term.as_deref()),
    };
    let (tmux, sty, program) = (variable("TMUX"), variable("STY"), variable("TERM_PROGRAM"));
    let version = variable("TERM_PROGRAM_VERSION");
    let environment = Environment {
        term: term.as_deref(),
        term_program: program.as_deref(),
        term_program_version: version.as_deref(),
        tmux: tmux.as_deref(),
        sty: sty.as_deref(),
    };
    let background = Background::of_environment(variable("COLORFGBG").as_deref()).unwrap_or_default();
    (Capabilities::of(environment), depth, background)
}
