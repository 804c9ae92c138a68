//! Loads a theme: `dark`, `light`, or a file of the same form. Must not know what is drawn with it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

use super::{Depth, Role};

use crate::text::io_reason;

const DARK: &str = include_str!("../../../config/themes/dark.toml");
const LIGHT: &str = include_str!("../../../config/themes/light.toml");

/// Why a theme cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ThemeError {
    /// The file cannot be read.
    #[error("cannot read the theme {path}: {}; there are auto, dark, light, and files of the same form", io_reason(.source))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The file has mistakes.
    #[error("the theme {name}: {reason}")]
    Wrong {
        /// Which theme.
        name: String,
        /// The mistakes.
        reason: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    /// Colours by name, for use in the lines below.
    #[serde(default)]
    palette: BTreeMap<String, String>,
    /// Replaces colours of the palette where the terminal has 16 colours.
    #[serde(default)]
    palette_16: BTreeMap<String, String>,
    /// The colours of authors' names.
    #[serde(default)]
    people: Vec<String>,
    /// The same where the terminal has 16 colours; empty: the nearest of the others.
    #[serde(default)]
    people_16: Vec<String>,
    #[serde(default)]
    roles: BTreeMap<String, RawStyle>,
}

impl Raw {
    /// Puts the colours for 16-colour terminals in the place of the others.
    fn take_sixteen(&mut self) {
        self.palette.append(&mut self.palette_16);
        if !self.people_16.is_empty() {
            self.people = std::mem::take(&mut self.people_16);
        }
    }
}

#[expect(clippy::struct_excessive_bools, reason = "each is a line a theme may say")]
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawStyle {
    fg: Option<String>,
    bg: Option<String>,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
    reverse: bool,
}

/// The styles of all roles.
#[derive(Clone, Debug)]
pub struct Theme {
    styles: Vec<Style>,
    people: Vec<Style>,
}

impl Theme {
    /// Loads the theme with this name, or from this file, for a terminal of this depth.
    ///
    /// # Errors
    /// If the file does not exist or has mistakes.
    pub fn load(name: &str, depth: Depth) -> Result<Self, ThemeError> {
        match name {
            "dark" => Self::read(name, DARK, depth),
            "light" => Self::read(name, LIGHT, depth),
            path => {
                let text = std::fs::read_to_string(path)
                    .map_err(|source| ThemeError::Unreadable { path: path.into(), source })?;
                Self::read(path, &text, depth)
            }
        }
    }

    /// Returns the style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }

    /// Returns the colour of a person's name; the same number always gives the same colour.
    pub fn person(&self, number: u64) -> Style {
        match self.people.len() {
            0 => self.style(Role::MessageAuthor),
            // Neighbouring numbers get colours that are far apart.
            count => self.people[(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize % count],
        }
    }

    fn read(name: &str, text: &str, depth: Depth) -> Result<Self, ThemeError> {
        let wrong = |reason: String| ThemeError::Wrong { name: name.to_owned(), reason };
        let mut raw: Raw = toml::from_str(text).map_err(|error| wrong(error.to_string().trim_end().to_owned()))?;
        let faults = faults(&raw, depth);
        if !faults.is_empty() {
            return Err(wrong(faults.join("; ")));
        }
        if depth == Depth::Sixteen {
            raw.take_sixteen();
        }
        let people = raw.people.iter().map(|color| {
            let shown = depth.show(read_color(color, &raw.palette)?);
            Ok(shown.map_or(Style::new().add_modifier(Modifier::BOLD), |color| Style::new().fg(color)))
        });
        let people = people.collect::<Result<_, String>>().map_err(wrong)?;
        let styles = Role::ALL.iter().map(|role| style_of(&raw, role.name(), depth));
        let styles = styles.collect::<Result<_, String>>().map_err(wrong)?;
        Ok(Self { styles, people })
    }
}

/// Returns every mistake in a theme: unknown roles and invalid colours.
fn faults(raw: &Raw, depth: Depth) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, style) in &raw.roles {
        if !Role::ALL.iter().any(|role| role.name() == name) {
            faults.push(format!("there is no role {name:?}"));
        }
        faults.extend(read_style(style, raw, depth).err().map(|fault| format!("{name}: {fault}")));
    }
    let of_sixteen = raw.palette_16.values().chain(&raw.people_16);
    faults.extend(raw.people.iter().chain(of_sixteen).filter_map(|color| read_color(color, &raw.palette).err()));
    faults
}

/// Returns the style of the longest name in the theme that is a prefix of this one, up to a dot.
fn style_of(raw: &Raw, name: &str, depth: Depth) -> Result<Style, String> {
    let mut name = name;
    loop {
        if let Some(style) = raw.roles.get(name) {
            return read_style(style, raw, depth);
        }
        match name.rsplit_once('.') {
            Some((parent, _)) => name = parent,
            None => return Ok(Style::new()),
        }
    }
}

fn read_style(raw: &RawStyle, theme: &Raw, depth: Depth) -> Result<Style, String> {
    let color = |name: &Option<String>| -> Result<Option<Color>, String> {
        let color = name.as_deref().map(|name| read_color(name, &theme.palette)).transpose()?;
        Ok(color.and_then(|color| depth.show(color)))
    };
    let mut style = Style::new();
    style.fg = color(&raw.fg)?;
    style.bg = color(&raw.bg)?;
    // Without colours, a background becomes reverse video.
    let is_reversed = raw.reverse || (depth == Depth::None && raw.bg.is_some());
    for (is_set, modifier) in [
        (raw.bold, Modifier::BOLD),
        (raw.dim, Modifier::DIM),
        (raw.italic, Modifier::ITALIC),
        (raw.underline, Modifier::UNDERLINED),
        (is_reversed, Modifier::REVERSED),
    ] {
        if is_set {
            style = style.add_modifier(modifier);
        }
    }
    Ok(style)
}

/// Reads `#rrggbb`, a terminal colour by name or number, or a name from the palette.
fn read_color(name: &str, palette: &BTreeMap<String, String>) -> Result<Color, String> {
    let spelled = palette.get(name).map_or(name, String::as_str);
    spelled.parse().map_err(|_| format!("{name:?} is no colour; one looks like #8fbcbb, red, 244 or a palette's name"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_themes_are_right_and_leave_no_role_plain_that_means_something() {
        for name in ["dark", "light"] {
            let theme = Theme::load(name, Depth::True).expect("right");
            let plain = [Role::Text, Role::Room, Role::MessageBody, Role::ComposerText, Role::Bar];
            for role in Role::ALL.iter().filter(|role| !plain.contains(role)) {
                assert_ne!(theme.style(*role), Style::new(), "{name}: {}", role.name());
            }
        }
    }

    #[test]
    fn without_colours_nothing_is_coloured() {
        let theme = Theme::load("dark", Depth::None).expect("right");
        assert!(Role::ALL.iter().all(|role| theme.style(*role).fg.is_none() && theme.style(*role).bg.is_none()));
        assert!(theme.person(3).fg.is_none());
    }

    #[test]
    fn a_role_falls_back_at_its_dots_and_faults_are_named() {
        let theme = Theme::read("t", "[roles]\n\"message.author\" = { bold = true }", Depth::True).expect("right");
        assert_eq!(theme.style(Role::MessageAuthorSelf), Style::new().add_modifier(Modifier::BOLD));
        for (wrong, word) in [("[roles]\nx = {}", "x"), ("people = [\"blurple\"]", "blurple"), ("a = 1", "a")] {
            let error = Theme::read("t", wrong, Depth::True).expect_err("wrong").to_string();
            assert!(error.contains(word), "{error}");
        }
        let several = "people = [\"blurple\"]\n[roles]\nx = {}\ntext = { fg = \"groan\" }";
        let error = Theme::read("t", several, Depth::True).expect_err("wrong").to_string();
        assert!(["blurple", "\"x\"", "groan"].iter().all(|word| error.contains(word)), "{error}");
    }
}
