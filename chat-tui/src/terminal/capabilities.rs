//! What the terminal can do, as far as its environment tells. Pure.

#![deny(clippy::disallowed_methods)]

/// What the terminal can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Whether it is inside tmux or screen, which pass on only what they know.
    pub is_multiplexed: bool,
    /// Whether it takes more than text: titles, colours, modes.
    pub is_smart: bool,
}

impl Capabilities {
    /// What `TERM`, `TMUX` and `STY` say.
    pub fn of(term: Option<&str>, tmux: Option<&str>, sty: Option<&str>) -> Self {
        let is_set = |value: Option<&str>| value.is_some_and(|value| !value.is_empty());
        Self {
            is_multiplexed: is_set(tmux) || is_set(sty),
            is_smart: !matches!(term, None | Some("" | "dumb" | "linux")),
        }
    }
}
