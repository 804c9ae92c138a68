//! Whether the terminal's background is dark or light, by its own answer or by the environment. Pure; must not know how
//! the terminal was asked.

#![deny(clippy::disallowed_methods)]

use std::str::FromStr;

use termina::style::RgbColor;

/// The brightness of a background.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Background {
    /// Light text is readable on it.
    #[default]
    Dark,
    /// Dark text is readable on it.
    Light,
}

impl Background {
    /// Reads `COLORFGBG`, which some terminals set: `15;0`, or `15;default;0`. The last number is the background, one
    /// of the 16 colours.
    pub fn of_environment(colorfgbg: Option<&str>) -> Option<Self> {
        let number: u8 = colorfgbg?.rsplit(';').next()?.parse().ok()?;
        match number {
            7 | 9..=15 => Some(Self::Light),
            0..=6 | 8 => Some(Self::Dark),
            _ => None,
        }
    }

    /// Returns the brightness of a colour: light from the point on where black text has more contrast than white
    /// (WCAG 2.2, relative luminance 0.18).
    pub(super) fn of_color(color: RgbColor) -> Self {
        let linear = |value: u8| (f64::from(value) / 255.0).powf(2.2);
        let luminance = 0.2126 * linear(color.red) + 0.7152 * linear(color.green) + 0.0722 * linear(color.blue);
        if luminance > 0.18 { Self::Light } else { Self::Dark }
    }

    /// Reads a colour as terminals answer it: `rgb:ffff/ffff/ffff`.
    pub(super) fn of_answer(answer: &str) -> Option<Self> {
        RgbColor::from_str(answer).ok().map(Self::of_color)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_names_one_of_sixteen_colours() {
        for (given, found) in [
            (Some("15;0"), Some(Background::Dark)),
            (Some("0;15"), Some(Background::Light)),
            (Some("12;default;7"), Some(Background::Light)),
            (Some("15;8"), Some(Background::Dark)),
            (Some("15;default"), None),
            (Some("0;99"), None),
            (Some(""), None),
            (None, None),
        ] {
            assert_eq!(Background::of_environment(given), found, "{given:?}");
        }
    }

    #[test]
    fn a_colour_is_light_where_black_reads_better_than_white() {
        let light = ["rgb:ffff/ffff/ffff", "rgb:fd/f6/e3", "rgb:8080/8080/8080", "#eeeeee"];
        let dark = ["rgb:0000/0000/0000", "rgb:28/2c/34", "rgb:0000/2b2b/3636", "rgb:5/5/5"];
        assert!(light.iter().all(|answer| Background::of_answer(answer) == Some(Background::Light)));
        assert!(dark.iter().all(|answer| Background::of_answer(answer) == Some(Background::Dark)));
        assert_eq!(Background::of_answer("rgb:zz"), None);
    }
}
