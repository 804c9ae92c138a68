//! Messages cut into lines once for a width, as long as they do not change.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use chat_proto::ids::Seq;

use crate::app::{MessageContent, RoomKey};
use crate::text::{self, Inline};

/// Messages remembered; beyond it everything is forgotten and cut again as it comes into sight.
const MESSAGES_MAX: usize = 4_096;

/// A message cut into lines.
#[derive(Debug)]
pub(super) struct WrappedText {
    /// The text, with what is said of it at its end.
    pub(super) text: Box<str>,
    /// Where what is said of it begins.
    pub(super) note_at: usize,
    /// The lines.
    pub(super) lines: Vec<Range<usize>>,
    /// What stands out.
    pub(super) marks: Vec<Inline>,
}

impl WrappedText {
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
    wrapped: HashMap<(RoomKey, Seq), (Seq, u16, Rc<WrappedText>)>,
}

impl RenderCache {
    /// A message cut for a width.
    pub(super) fn wrapped(
        &mut self,
        key: (RoomKey, Seq),
        changed: Seq,
        content: &MessageContent,
        columns: u16,
    ) -> Rc<WrappedText> {
        if let Some((at, for_columns, wrapped)) = self.wrapped.get(&key)
            && *at == changed
            && *for_columns == columns
        {
            return Rc::clone(wrapped);
        }
        let note = if content.is_edited { "(edited)" } else { "" };
        let wrapped = Rc::new(WrappedText::of(content.text.as_str(), note, content.code().is_some(), columns));
        if self.wrapped.len() >= MESSAGES_MAX {
            self.wrapped.clear();
        }
        // What expires must not outlive its message here.
        if content.expires_at().is_none() {
            self.wrapped.insert(key, (changed, columns, Rc::clone(&wrapped)));
        }
        wrapped
    }
}
