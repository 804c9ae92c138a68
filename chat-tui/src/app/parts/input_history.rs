//! The lines sent before, messages and commands as they were typed, to be sent again or changed; never ephemeral ones.
//! One list for all rooms, as a shell has one for all folders. Must not know the input box.

#![deny(clippy::disallowed_methods)]

/// Lines remembered.
const TEXTS_MAX: usize = 500;

/// The lines sent before.
#[derive(Clone, Debug, Default)]
pub struct InputHistory {
    /// Oldest first.
    texts: Vec<String>,
    /// The index of the shown text, and the draft it replaced.
    browsing: Option<(usize, String)>,
}

impl InputHistory {
    /// Takes the texts of earlier runs, oldest first.
    pub(in crate::app) fn restore(&mut self, texts: Vec<String>) {
        self.texts = texts;
    }

    /// Adds a sent text. Returns whether it was added: the same text twice in a row is remembered once.
    pub(in crate::app) fn add(&mut self, text: &str) -> bool {
        self.browsing = None;
        if self.texts.last().is_some_and(|last| last == text) {
            return false;
        }
        self.texts.push(text.to_owned());
        let excess = self.texts.len().saturating_sub(TEXTS_MAX);
        self.texts.drain(..excess);
        true
    }

    /// Removes the lines that are meant, because their message was deleted. Returns them.
    pub(in crate::app) fn remove(&mut self, is_meant: impl Fn(&str) -> bool) -> Vec<String> {
        let (removed, kept) = std::mem::take(&mut self.texts).into_iter().partition(|text| is_meant(text));
        self.texts = kept;
        self.browsing = None;
        removed
    }

    /// All lines, the newest first.
    pub(in crate::app) fn newest_first(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().rev().map(String::as_str)
    }

    /// Shows a line that was found, so that the next steps go on from there; `written` is the present draft.
    pub(in crate::app) fn show(&mut self, text: &str, written: &str) {
        let written = self.browsing.take().map_or_else(|| written.to_owned(), |(_, written)| written);
        self.browsing = self.texts.iter().rposition(|kept| kept == text).map(|at| (at, written));
    }

    /// Whether an earlier text is shown.
    pub(in crate::app) fn is_browsing(&self) -> bool {
        self.browsing.is_some()
    }

    /// The text before the shown one; `written` is the present draft.
    pub(in crate::app) fn previous(&mut self, written: &str) -> Option<&str> {
        let at = match &self.browsing {
            Some((at, _)) => at.checked_sub(1)?,
            None => self.texts.len().checked_sub(1)?,
        };
        let written = self.browsing.take().map_or_else(|| written.to_owned(), |(_, written)| written);
        self.browsing = Some((at, written));
        self.texts.get(at).map(String::as_str)
    }

    /// The text after the shown one; after the last, the draft that was replaced.
    pub(in crate::app) fn next(&mut self) -> Option<String> {
        let (at, written) = self.browsing.take()?;
        match self.texts.get(at + 1) {
            Some(text) => {
                self.browsing = Some((at + 1, written));
                Some(text.clone())
            }
            None => Some(written),
        }
    }

    /// The user edits the shown text: it is a draft of its own now.
    pub(in crate::app) fn leave(&mut self) {
        self.browsing = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn going_back_and_forth_ends_where_it_began() {
        let mut history = InputHistory::default();
        assert_eq!(history.previous("draft"), None);
        assert!(history.add("one") && history.add("two") && !history.add("two"));
        assert_eq!(history.previous("draft"), Some("two"));
        assert_eq!(history.previous("two"), Some("one"));
        assert_eq!(history.previous("one"), None);
        assert_eq!(history.next().as_deref(), Some("two"));
        assert_eq!(history.next().as_deref(), Some("draft"));
        assert_eq!(history.next(), None);
    }
}
