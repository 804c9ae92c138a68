//! The links of a message, of which one is chosen. Must not know messages, or how a link is opened.

#![deny(clippy::disallowed_methods)]

use super::outcomes::Outcomes;
use crate::app::state::effect::Effect;

/// The links of a message.
#[derive(Debug)]
pub struct LinkList {
    /// The addresses, in the order of the text.
    pub links: Vec<String>,
    /// The index of the selected one.
    pub selected: usize,
}

impl LinkList {
    /// Opens the selected link.
    pub(super) fn open(&self, out: &mut Outcomes) {
        if let Some(link) = self.links.get(self.selected) {
            out.effect(Effect::OpenLink(link.clone()));
        }
    }

    /// Copies the selected link.
    pub(super) fn copy(&self, out: &mut Outcomes) {
        if let Some(link) = self.links.get(self.selected) {
            out.effect(Effect::Copy(link.clone()));
            out.show_info(&format!("Copied {link}"));
        }
    }

    /// Selects a link by its number, as it is shown. Returns whether there is such a one.
    pub(super) fn select_number(&mut self, c: char) -> bool {
        let at = c.to_digit(10).and_then(|number| (number as usize).checked_sub(1));
        let at = at.filter(|at| *at < self.links.len());
        self.selected = at.unwrap_or(self.selected);
        at.is_some()
    }
}
