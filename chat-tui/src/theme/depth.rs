//! The terminal's colour depth, and the nearest colour it can show. Pure; must not know roles.

#![deny(clippy::disallowed_methods)]

use ratatui::style::Color;

/// A colour depth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// No colours: bold, underline and reverse only.
    None,
    /// The 256 colours of xterm.
    Indexed,
    /// All colours.
    True,
}

impl Depth {
    /// Reads `NO_COLOR`, `COLORTERM` and `TERM` (no-color.org: present and not empty).
    pub fn of(no_color: Option<&str>, colorterm: Option<&str>, term: Option<&str>) -> Self {
        let is_true = |name: &str| name.contains("truecolor") || name.contains("24bit") || name.ends_with("-direct");
        match (no_color, colorterm, term) {
            (Some(no_color), ..) if !no_color.is_empty() => Self::None,
            (.., Some("dumb")) => Self::None,
            (_, Some(colorterm), _) if is_true(colorterm) => Self::True,
            (.., Some(term)) if is_true(term) => Self::True,
            _ => Self::Indexed,
        }
    }

    /// Returns the colour this terminal shows for another; `None` if it shows none.
    pub(super) fn show(self, color: Color) -> Option<Color> {
        match (self, color) {
            (Self::None, _) => None,
            (Self::Indexed, Color::Rgb(r, g, b)) => Some(Color::Indexed(nearest(r, g, b))),
            (Self::Indexed | Self::True, color) => Some(color),
        }
    }
}

/// Levels of one channel in xterm's colour cube.
const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// Returns the nearest of xterm's 240 fixed colours: the cube (16 – 231) and the greys (232 – 255).
fn nearest(r: u8, g: u8, b: u8) -> u8 {
    let level = |value: u8| (0..6).min_by_key(|i| LEVELS[*i].abs_diff(value)).unwrap_or(0);
    let (ri, gi, bi) = (level(r), level(g), level(b));
    let cube = (16 + 36 * ri + 6 * gi + bi) as u8;
    let mean = (u16::from(r) + u16::from(g) + u16::from(b)) / 3;
    let grey_index = (mean.saturating_sub(3) / 10).min(23) as u8;
    let grey = 8 + 10 * grey_index;
    let distance = |(x, y, z): (u8, u8, u8)| {
        [(r, x), (g, y), (b, z)].iter().map(|(a, b)| u32::from(a.abs_diff(*b)).pow(2)).sum::<u32>()
    };
    if distance((grey, grey, grey)) < distance((LEVELS[ri], LEVELS[gi], LEVELS[bi])) { 232 + grey_index } else { cube }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_brought_to_what_the_terminal_has() {
        assert_eq!(Depth::of(Some("1"), Some("truecolor"), None), Depth::None);
        assert_eq!(Depth::of(Some(""), Some("truecolor"), None), Depth::True);
        assert_eq!(Depth::of(None, None, Some("xterm-256color")), Depth::Indexed);
        assert_eq!(Depth::Indexed.show(Color::Rgb(255, 0, 0)), Some(Color::Indexed(196)));
        assert_eq!(Depth::Indexed.show(Color::Rgb(128, 128, 128)), Some(Color::Indexed(244)));
        assert_eq!(Depth::None.show(Color::Red), None);
    }
}
