//! What was sent before, to be sent again or changed. Never holds what expires.

/// Texts kept.
const TEXTS_MAX: usize = 500;

/// What was sent before.
#[derive(Clone, Debug, Default)]
pub struct InputHistory {
    /// Oldest first.
    texts: Vec<String>,
    /// The one that is shown, and what was being written before.
    browsing: Option<(usize, String)>,
}

impl InputHistory {
    /// What earlier runs left, oldest first.
    pub(in crate::app) fn restore(&mut self, texts: Vec<String>) {
        self.texts = texts;
    }

    /// Adds what was sent; the same twice in a row stands once.
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

    /// Forgets a text, because its message was deleted; whether it was there.
    pub(in crate::app) fn remove(&mut self, text: &str) -> bool {
        let before = self.texts.len();
        self.texts.retain(|kept| kept != text);
        self.browsing = None;
        before != self.texts.len()
    }

    /// The text before the one that is shown; `written` is what stands there now.
    pub(in crate::app) fn previous(&mut self, written: &str) -> Option<&str> {
        let at = match &self.browsing {
            Some((at, _)) => at.checked_sub(1)?,
            None => self.texts.len().checked_sub(1)?,
        };
        let written = self.browsing.take().map_or_else(|| written.to_owned(), |(_, written)| written);
        self.browsing = Some((at, written));
        self.texts.get(at).map(String::as_str)
    }

    /// The text after the one that is shown; at the end, what was being written.
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

    /// The person writes: what is shown is theirs now.
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
