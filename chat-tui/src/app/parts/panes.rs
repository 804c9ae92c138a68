//! The side panes the user wants to see, and the one opened over the messages on a narrow screen. The two are kept
//! apart: opening a pane on a narrow screen changes nothing on a wide one, and the reverse. Must not know widths.

#![deny(clippy::disallowed_methods)]

use crate::app::state::pane::{Fold, Pane};

/// The user's choice of side panes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Panes {
    is_rooms_hidden: bool,
    is_people_hidden: bool,
    /// The folded pane that is open, and the fold at which it is.
    opened: Option<(Pane, Fold)>,
}

impl Panes {
    /// Whether a pane is visible at this fold.
    pub fn shows(&self, pane: Pane, fold: Fold) -> bool {
        match (fold.hides(pane), pane) {
            (true, _) => self.opened == Some((pane, fold)),
            (false, Pane::Rooms) => !self.is_rooms_hidden,
            (false, Pane::People) => !self.is_people_hidden,
        }
    }

    /// Shows a hidden pane, or hides a visible one.
    pub(in crate::app) fn toggle(&mut self, pane: Pane, fold: Fold) {
        match (fold.hides(pane), pane) {
            (true, _) => self.opened = (!self.shows(pane, fold)).then_some((pane, fold)),
            (false, Pane::Rooms) => self.is_rooms_hidden = !self.is_rooms_hidden,
            (false, Pane::People) => self.is_people_hidden = !self.is_people_hidden,
        }
    }

    /// The screen was drawn at this fold: a pane opened at another one closes for good.
    pub(in crate::app) fn drawn(&mut self, fold: Fold) {
        self.opened = self.opened.filter(|(_, opened_at)| *opened_at == fold);
    }

    /// Whether one lies over the messages.
    pub(in crate::app) fn cover(self) -> bool {
        matches!(self.opened, Some((_, Fold::Both)))
    }

    /// Closes the pane that lies over the messages. Returns whether there was one.
    pub(in crate::app) fn uncover(&mut self) -> bool {
        let lies_over = self.cover();
        self.opened = self.opened.filter(|_| !lies_over);
        lies_over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_opened_over_a_narrow_screen_says_nothing_of_a_wide_one() {
        for pane in [Pane::Rooms, Pane::People] {
            let mut panes = Panes::default();
            panes.toggle(pane, Fold::Both);
            assert!(panes.shows(pane, Fold::Both));
            panes.toggle(pane, Fold::Both);
            panes.drawn(Fold::Both);
            assert!(!panes.shows(pane, Fold::Both) && panes.shows(pane, Fold::Neither));
        }
    }

    #[test]
    fn what_is_wanted_on_a_wide_screen_covers_no_narrow_one() {
        let mut panes = Panes::default();
        panes.toggle(Pane::Rooms, Fold::People);
        panes.toggle(Pane::Rooms, Fold::People);
        panes.toggle(Pane::People, Fold::People);
        assert!(panes.shows(Pane::Rooms, Fold::People) && panes.shows(Pane::People, Fold::People));
        panes.drawn(Fold::Both);
        assert!(!panes.shows(Pane::Rooms, Fold::Both) && !panes.shows(Pane::People, Fold::Both));
        panes.drawn(Fold::People);
        assert!(!panes.shows(Pane::People, Fold::People), "not unasked after a way there and back");
    }

    #[test]
    fn one_pane_at_a_time_lies_over_the_messages() {
        let mut panes = Panes::default();
        panes.toggle(Pane::Rooms, Fold::Both);
        panes.toggle(Pane::People, Fold::Both);
        assert!(!panes.shows(Pane::Rooms, Fold::Both) && panes.shows(Pane::People, Fold::Both));
        assert!(panes.uncover() && !panes.uncover());
    }
}
