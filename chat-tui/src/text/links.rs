//! The links on a screen: each address has a number that a cell carries as the colour of its underline, so that the
//! cells of a link are compared, moved and grouped like all others. Pure; must not know how a terminal is given a link.

#![deny(clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use ratatui::layout::Rect;
use ratatui::style::{Color, Style};

/// Longest address that terminals take, in bytes.
const ADDRESS_MAX: usize = 2_048;
/// The numbers are the values of a colour.
const NUMBERS: u32 = 1 << 24;

/// The links on a screen.
#[derive(Clone, Debug, Default)]
pub struct Links {
    addresses: BTreeMap<u32, Box<str>>,
    /// The cells of the links, with their numbers.
    cells: Vec<(Rect, u32)>,
}

impl Links {
    /// Returns the style for the cells of a link to this address. The same address has the same number on every
    /// screen, unless two addresses on one screen would share it.
    pub fn mark(&mut self, style: Style, address: &str) -> Style {
        let Some(address) = encoded(address) else { return style };
        let mut hasher = DefaultHasher::new();
        address.hash(&mut hasher);
        let mut number = (hasher.finish() % u64::from(NUMBERS)) as u32;
        while self.addresses.get(&number).is_some_and(|known| **known != *address) {
            number = (number + 1) % NUMBERS;
        }
        self.addresses.insert(number, address.into());
        style.underline_color(Color::from_u32(number))
    }

    /// Notes that these cells show a link, or a piece of it.
    pub fn cover(&mut self, cells: Rect, style: Style) {
        if let Some((number, _)) = self.of(style) {
            self.cells.push((cells, number));
        }
    }

    /// Returns the cells of links, each with the whole address.
    pub fn cells(&self) -> impl Iterator<Item = (Rect, &str)> {
        self.cells.iter().filter_map(|(cells, number)| Some((*cells, &**self.addresses.get(number)?)))
    }

    /// Returns the number and the address of the link that a cell of this style belongs to.
    pub fn of(&self, style: Style) -> Option<(u32, &str)> {
        let Some(Color::Rgb(r, g, b)) = style.underline_color else { return None };
        let number = u32::from_be_bytes([0, r, g, b]);
        self.addresses.get(&number).map(|address| (number, &**address))
    }
}

/// Returns the address in printable ASCII, as OSC 8 requires; `None` if it is too long for a link.
fn encoded(address: &str) -> Option<String> {
    let mut encoded = String::with_capacity(address.len());
    for byte in address.bytes() {
        match byte {
            0x21..=0x7e => encoded.push(char::from(byte)),
            _ => write!(encoded, "%{byte:02X}").ok()?,
        }
    }
    (encoded.len() <= ADDRESS_MAX).then_some(encoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_leads_to_its_whole_address() {
        let mut links = Links::default();
        let one = links.mark(Style::new().bold(), "https://e.org/a");
        let other = links.mark(Style::new(), "https://e.org/é b");
        assert_ne!(one.underline_color, other.underline_color);
        assert_eq!(links.of(one).map(|(_, address)| address), Some("https://e.org/a"));
        assert_eq!(links.of(other).map(|(_, address)| address), Some("https://e.org/%C3%A9%20b"));
        assert_eq!(links.of(Style::new().red()), None);
        assert_eq!(links.mark(Style::new(), &"x".repeat(ADDRESS_MAX + 1)), Style::new());
        let again = Links::default().mark(Style::new().bold(), "https://e.org/a");
        assert_eq!(again, one, "the number is that of the address");
    }
}
