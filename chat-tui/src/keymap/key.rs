//! A key press and its spelling, independent of any terminal library. Pure; must not know bindings.

#![deny(clippy::disallowed_methods)]

use std::fmt;
use std::str::FromStr;

/// A key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// A character as the keyboard gives it: `G`, not shift and `g`.
    Char(char),
    /// A function key, 1 – 24.
    F(u8),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Insert.
    Insert,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
}

/// The names of non-character keys, as configuration spells them and as help shows them.
const NAMED: [(&str, &str, Code); 15] = [
    ("enter", "Enter", Code::Enter),
    ("esc", "Esc", Code::Esc),
    ("tab", "Tab", Code::Tab),
    ("backspace", "Backspace", Code::Backspace),
    ("delete", "Delete", Code::Delete),
    ("insert", "Insert", Code::Insert),
    ("home", "Home", Code::Home),
    ("end", "End", Code::End),
    ("pageup", "PageUp", Code::PageUp),
    ("pagedown", "PageDown", Code::PageDown),
    ("up", "↑", Code::Up),
    ("down", "↓", Code::Down),
    ("left", "←", Code::Left),
    ("right", "→", Code::Right),
    ("space", "Space", Code::Char(' ')),
];

/// A key with its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The key.
    pub code: Code,
    /// Control is held.
    pub ctrl: bool,
    /// Alt is held.
    pub alt: bool,
    /// Shift is held; never set with a character, which already reflects it.
    pub shift: bool,
}

impl Key {
    /// Returns a key without modifiers.
    pub fn plain(code: Code) -> Self {
        Self { code, ctrl: false, alt: false, shift: false }
    }

    /// Returns the text this key types; `None` if it types none.
    pub fn typed(self) -> Option<char> {
        match self.code {
            Code::Char(c) if !self.ctrl && !self.alt && !c.is_control() => Some(c),
            _ => None,
        }
    }
}

/// A spelling that is not a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no key; one looks like ctrl+k, alt+enter, f1 or g")]
pub struct KeyError(String);

impl FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let wrong = || KeyError(text.to_owned());
        let mut key = Self::plain(Code::Enter);
        let mut rest = text;
        loop {
            // Plus may itself be the key: "ctrl++".
            match rest.split_once('+').filter(|(held, left)| !held.is_empty() && !left.is_empty()) {
                Some(("ctrl", left)) => (key.ctrl, rest) = (true, left),
                Some(("alt", left)) => (key.alt, rest) = (true, left),
                Some(("shift", left)) => (key.shift, rest) = (true, left),
                Some(_) => return Err(wrong()),
                None => break,
            }
        }
        key.code = code(rest).ok_or_else(wrong)?;
        if key.shift && matches!(key.code, Code::Char(_)) {
            return Err(wrong());
        }
        Ok(key)
    }
}

fn code(text: &str) -> Option<Code> {
    let mut chars = text.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        return Some(Code::Char(c)).filter(|_| !c.is_control());
    }
    if let Some((.., code)) = NAMED.iter().find(|(spelled, ..)| *spelled == text) {
        return Some(*code);
    }
    let number = text.strip_prefix('f')?.parse().ok()?;
    (1..=24).contains(&number).then_some(Code::F(number))
}

impl fmt::Display for Key {
    /// Formats the key for a person: `Ctrl+K`, `Alt+Enter`, `G`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (is_held, name) in [(self.ctrl, "Ctrl+"), (self.alt, "Alt+"), (self.shift, "Shift+")] {
            if is_held {
                f.write_str(name)?;
            }
        }
        if let Some((_, shown, _)) = NAMED.iter().find(|(.., code)| *code == self.code) {
            return f.write_str(shown);
        }
        match self.code {
            Code::Char(c) if self.ctrl || self.alt => write!(f, "{}", c.to_uppercase()),
            Code::Char(c) => write!(f, "{c}"),
            Code::F(number) => write!(f, "F{number}"),
            _ => f.write_str("?"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_and_shown() {
        for (given, shown) in [
            ("ctrl+k", "Ctrl+K"),
            ("alt+enter", "Alt+Enter"),
            ("shift+tab", "Shift+Tab"),
            ("G", "G"),
            ("f12", "F12"),
            ("ctrl++", "Ctrl++"),
            ("space", "Space"),
        ] {
            assert_eq!(given.parse::<Key>().expect("a key").to_string(), shown);
        }
        for wrong in ["", "ctrl+", "hyper+x", "f0", "f25", "shift+g", "entre"] {
            assert!(wrong.parse::<Key>().is_err(), "{wrong}");
        }
    }
}
