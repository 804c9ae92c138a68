//! The terminal's colour depth, and the nearest colour it can show. Pure; must not know roles.

#![deny(clippy::disallowed_methods)]

use ratatui::style::Color;

/// A colour depth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// No colours: bold, underline and reverse only.
    None,
    /// The 16 colours every colour terminal has, in shades of its own.
    Sixteen,
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
            (.., Some(term)) if has_sixteen(term) => Self::Sixteen,
            _ => Self::Indexed,
        }
    }

    /// Returns the colour this terminal shows for another; `None` if it shows none.
    pub(super) fn show(self, color: Color) -> Option<Color> {
        match (self, color) {
            (Self::None, _) => None,
            (Self::Sixteen, Color::Rgb(r, g, b)) => Some(Color::Indexed(nearest_of_sixteen(r, g, b))),
            (Self::Indexed, Color::Rgb(r, g, b)) => Some(Color::Indexed(nearest(r, g, b))),
            (Self::Sixteen | Self::Indexed | Self::True, color) => Some(color),
        }
    }
}

/// Returns whether terminals of this name have no more than 16 colours. `xterm` is what old terminals and serial lines say;
/// those with more say `xterm-256color`, or their own name.
fn has_sixteen(term: &str) -> bool {
    const NAMES: [&str; 10] =
        ["xterm", "linux", "screen", "tmux", "ansi", "cygwin", "rxvt", "vt100", "vt220", "xterm-color"];
    NAMES.contains(&term) || term.ends_with("-16color") || term.ends_with("-8color")
}

/// Returns the colour of the 16 that has the hue of another: the bright one of a pair for light colours. Without much of
/// a hue, one of black, the two greys and white.
fn nearest_of_sixteen(r: u8, g: u8, b: u8) -> u8 {
    let (most, least) = (r.max(g).max(b), r.min(g).min(b));
    let brightness = (2 * u16::from(r) + 5 * u16::from(g) + u16::from(b)) / 8;
    if most - least < 48 {
        return match brightness {
            0..32 => 0,
            32..128 => 8,
            128..230 => 7,
            _ => 15,
        };
    }
    // A channel counts if it is nearer to the strongest than to the weakest.
    let middle = u16::from(most) + u16::from(least);
    let has = |value: u8| u8::from(2 * u16::from(value) > middle);
    let hue = has(r) | has(g) << 1 | has(b) << 2;
    if brightness > 128 { hue + 8 } else { hue }
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
        for (term, colorterm, depth) in [
            ("xterm", None, Depth::Sixteen),
            ("linux", None, Depth::Sixteen),
            ("xterm-16color", None, Depth::Sixteen),
            ("xterm", Some("truecolor"), Depth::True),
            ("xterm-kitty", None, Depth::Indexed),
            ("tmux-256color", None, Depth::Indexed),
        ] {
            assert_eq!(Depth::of(None, colorterm, Some(term)), depth, "{term} {colorterm:?}");
        }
    }

    #[test]
    fn sixteen_colours_keep_the_hue() {
        let shown = |r, g, b| Depth::Sixteen.show(Color::Rgb(r, g, b));
        for (color, index) in [
            ((0x7f, 0xb4, 0xca), 14),
            ((0xee, 0x85, 0x90), 9),
            ((0xe6, 0xc3, 0x84), 11),
            ((0xb3, 0x26, 0x1e), 1),
            ((0x9b, 0xa3, 0xb0), 7),
            ((0x5f, 0x68, 0x75), 8),
            ((0x16, 0x19, 0x1f), 0),
            ((0xfa, 0xfa, 0xfa), 15),
        ] {
            assert_eq!(shown(color.0, color.1, color.2), Some(Color::Indexed(index)), "{color:?}");
        }
        assert_eq!(Depth::Sixteen.show(Color::LightRed), Some(Color::LightRed));
    }
}
