//! Tests that every role is readable on every background it may have (WCAG 2.2 § 1.4.3). Must not know how themes are
//! loaded.

use ratatui::style::{Color, Style};

use super::{Depth, Role, Theme};

/// The contrast of text.
const READABLE: f64 = 4.5;
/// The contrast of lines and marks that only separate.
const SEEN: f64 = 1.5;
const DECORATION: [Role; 3] = [Role::Border, Role::CodeMark, Role::OverlayBorder];
/// The terminal backgrounds the two themes are made for.
const GROUNDS: [(&str, Color); 2] = [("dark", Color::Rgb(0x16, 0x19, 0x1f)), ("light", Color::Rgb(0xfa, 0xfa, 0xfa))];

fn luminance(color: Color) -> f64 {
    let Color::Rgb(r, g, b) = color else { panic!("{color:?} is no fixed colour") };
    let linear = |value: u8| {
        let value = f64::from(value) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}

fn contrast(one: Color, other: Color) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn ground(style: Style) -> Color {
    style.bg.expect("a ground of its own")
}

/// The backgrounds a role may have.
fn grounds(theme: &Theme, role: Role, terminal: Color) -> Vec<Color> {
    let lies_over = role.name().starts_with("overlay");
    match (theme.style(role).bg, lies_over) {
        (_, true) => vec![ground(theme.style(Role::Overlay)), ground(theme.style(Role::OverlaySelected))],
        (Some(own), false) => vec![own],
        (None, false) => {
            vec![terminal, ground(theme.style(Role::MessageSelected)), ground(theme.style(Role::RoomCurrent))]
        }
    }
}

#[test]
fn every_role_can_be_read_wherever_it_stands() {
    let mut faults = Vec::new();
    for (name, terminal) in GROUNDS {
        let theme = Theme::load(name, Depth::True).expect("right");
        for role in Role::ALL {
            let Some(colour) = theme.style(*role).fg else { continue };
            let least = if DECORATION.contains(role) { SEEN } else { READABLE };
            for on in grounds(&theme, *role, terminal) {
                let found = contrast(colour, on);
                if found < least {
                    faults.push(format!("{name}: {} {found:.2} on {on:?}", role.name()));
                }
            }
        }
        for number in 0..64 {
            for on in grounds(&theme, Role::MessageAuthor, terminal) {
                let colour = theme.person(number).fg.expect("a colour");
                let found = contrast(colour, on);
                if found < READABLE {
                    faults.push(format!("{name}: person {colour:?} {found:.2} on {on:?}"));
                }
            }
        }
    }
    faults.dedup();
    assert!(faults.is_empty(), "{faults:#?}");
}

/// The 16 colours as xterm shows them.
const SIXTEEN: [(u8, u8, u8); 16] = [
    (0, 0, 0),
    (205, 0, 0),
    (0, 205, 0),
    (205, 205, 0),
    (0, 0, 238),
    (205, 0, 205),
    (0, 205, 205),
    (229, 229, 229),
    (127, 127, 127),
    (255, 0, 0),
    (0, 255, 0),
    (255, 255, 0),
    (92, 92, 255),
    (255, 0, 255),
    (0, 255, 255),
    (255, 255, 255),
];
/// The names of the 16, in the order of their numbers.
const NAMES: [Color; 16] = [
    Color::Black,
    Color::Red,
    Color::Green,
    Color::Yellow,
    Color::Blue,
    Color::Magenta,
    Color::Cyan,
    Color::Gray,
    Color::DarkGray,
    Color::LightRed,
    Color::LightGreen,
    Color::LightYellow,
    Color::LightBlue,
    Color::LightMagenta,
    Color::LightCyan,
    Color::White,
];

/// The shade of one of the 16.
fn of_sixteen(color: Color) -> Color {
    let number = NAMES.iter().position(|name| *name == color).unwrap_or_else(|| panic!("{color:?} is none of 16"));
    let (r, g, b) = SIXTEEN[number];
    Color::Rgb(r, g, b)
}

#[test]
fn sixteen_colours_can_be_read_in_xterm() {
    const LEAST: f64 = 3.0;
    let mut faults = Vec::new();
    for (name, terminal) in [("dark", Color::Black), ("light", Color::White)] {
        let theme = Theme::load(name, Depth::Sixteen).expect("right");
        let people = (0..64).map(|number| (format!("person {number}"), theme.person(number)));
        let roles = Role::ALL.iter().filter(|role| !DECORATION.contains(role));
        for (what, style) in roles.map(|role| (role.name().to_owned(), theme.style(*role))).chain(people) {
            let Some(colour) = style.fg else { continue };
            let found = contrast(of_sixteen(colour), of_sixteen(style.bg.unwrap_or(terminal)));
            if found < LEAST {
                faults.push(format!("{name}: {what} {found:.2}"));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}
