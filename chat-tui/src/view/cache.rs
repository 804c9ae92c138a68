//! Messages cut into lines once for a width, as long as they do not change.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use chat_proto::ids::Seq;

use crate::app::{RoomKey, Said};
use crate::text::{self, Inline};

/// Messages remembered; beyond it everything is forgotten and cut again as it comes into sight.
const REMEMBERED: usize = 4_096;

/// A message cut into lines.
#[derive(Debug)]
pub(super) struct Cut {
    /// The text, with what is said of it at its end.
    pub(super) text: Box<str>,
    /// Where what is said of it begins.
    pub(super) note_at: usize,
    /// The lines.
    pub(super) lines: Vec<Range<usize>>,
    /// What stands out.
    pub(super) marks: Vec<Inline>,
}

impl Cut {
    /// Cuts a text for a width.
    pub(super) fn of(text: &str, note: &str, is_code: bool, columns: u16) -> Self {
        let whole = if note.is_empty() { text.to_owned() } else { format!("{text} {note}") };
        let columns = usize::from(columns);
        let lines = if is_code { text::wrap_verbatim(&whole, columns) } else { text::wrap_words(&whole, columns) };
        let marks = if is_code { Vec::new() } else { text::marks(text) };
        Self { note_at: text.len(), text: whole.into(), lines, marks }
    }
}

/// What drawing remembers between two screens; it may be dropped at any time.
#[derive(Debug, Default)]
pub struct RenderCache {
    cut: HashMap<(RoomKey, Seq), (Seq, u16, Rc<Cut>)>,
}

impl RenderCache {
    /// A message cut for a width.
    pub(super) fn cut(&mut self, key: (RoomKey, Seq), changed: Seq, said: &Said, columns: u16) -> Rc<Cut> {
        if let Some((at, for_columns, cut)) = self.cut.get(&key)
            && *at == changed
            && *for_columns == columns
        {
            return Rc::clone(cut);
        }
        let note = if said.is_edited { "(edited)" } else { "" };
        let cut = Rc::new(Cut::of(said.text.as_str(), note, said.code().is_some(), columns));
        if self.cut.len() >= REMEMBERED {
            self.cut.clear();
        }
        // What expires must not outlive its message here.
        if said.expires_at().is_none() {
            self.cut.insert(key, (changed, columns, Rc::clone(&cut)));
        }
        cut
    }
}
