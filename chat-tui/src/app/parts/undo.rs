//! The former states of a text, to be taken back and made again. Must not know how a text is changed.

#![deny(clippy::disallowed_methods)]

/// Former states kept.
const PAST_MAX: usize = 100;

/// A text, and the byte where its cursor stands.
pub(super) type State = (String, usize);

/// The states of a text before and after the present one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Undo {
    /// Former states, oldest first.
    past: Vec<State>,
    /// States that were undone, the nearest last.
    future: Vec<State>,
    /// The last change, and where it left the cursor.
    last: Option<(Change, usize)>,
}

/// A kind of change; those of a kind in a row are undone together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Letters of a word.
    Typing,
    /// Single characters deleted.
    Erasing,
    /// Anything else: undone by itself.
    Other,
}

impl Undo {
    /// Keeps the present state before a change, unless it goes on with the last one.
    pub(super) fn before(&mut self, change: Change, present: (&str, usize)) {
        if change == Change::Other || self.last != Some((change, present.1)) {
            self.past.push((present.0.to_owned(), present.1));
            let excess = self.past.len().saturating_sub(PAST_MAX);
            self.past.drain(..excess);
        }
        self.future.clear();
    }

    /// A change was made, and left the cursor there.
    pub(super) fn after(&mut self, change: Change, cursor: usize) {
        self.last = Some((change, cursor));
    }

    /// Takes the last change back; `present` can be made again. Returns the former state.
    pub(super) fn undo(&mut self, present: impl FnOnce() -> State) -> Option<State> {
        let former = self.past.pop()?;
        self.future.push(present());
        self.last = None;
        Some(former)
    }

    /// Makes the last undone change again. Returns the state it leads to.
    pub(super) fn redo(&mut self, present: impl FnOnce() -> State) -> Option<State> {
        let later = self.future.pop()?;
        self.past.push(present());
        self.last = None;
        Some(later)
    }
}
