//! Derives the terminal's capabilities from its environment. Must not know the terminal itself. Pure.

#![deny(clippy::disallowed_methods)]

/// The capabilities of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Whether it runs inside tmux or screen, which pass on only the sequences they know.
    pub is_multiplexed: bool,
    /// Whether it supports more than text: titles, colours, modes.
    pub is_smart: bool,
}

impl Capabilities {
    /// Returns the capabilities according to `TERM`, `TMUX` and `STY`.
    pub fn of(term: Option<&str>, tmux: Option<&str>, sty: Option<&str>) -> Self {
        let is_set = |value: Option<&str>| value.is_some_and(|value| !value.is_empty());
        Self {
            is_multiplexed: is_set(tmux) || is_set(sty),
            is_smart: !matches!(term, None | Some("" | "dumb" | "linux")),
        }
    }
}
