//! The side panes, and which of them a screen has no room for. Must not know which of them the user wants to see.

#![deny(clippy::disallowed_methods)]

/// A side pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pane {
    /// The list of rooms.
    Rooms,
    /// People and trending words.
    People,
}

/// The panes that a screen has no room for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fold {
    /// None: there is room for both.
    #[default]
    Neither,
    /// The people: there is room for the rooms only.
    People,
    /// Both: there is room for the messages only.
    Both,
}

impl Fold {
    /// Whether a pane is folded away.
    pub fn hides(self, pane: Pane) -> bool {
        match self {
            Self::Neither => false,
            Self::People => pane == Pane::People,
            Self::Both => true,
        }
    }
}
