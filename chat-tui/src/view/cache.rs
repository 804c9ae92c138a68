//! Caches wrapped messages until they or the width change. Must not know where they are drawn.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use chat_proto::ids::Seq;

use crate::app::{MessageContent, RoomKey};
use crate::text::{self, Inline};

/// Most cached messages; beyond it the cache is emptied, and visible messages are wrapped again.
const MESSAGES_MAX: usize = 4_096;

/// A wrapped message.
#[derive(Debug)]
pub(super) struct WrappedText {
    /// The text, followed by the note about it.
    pub(super) text: Box<str>,
    /// Byte offset of the note.
    pub(super) note_at: usize,
    /// The byte ranges of the lines.
    pub(super) lines: Vec<Range<usize>>,
    /// Parts with a style of their own.
    pub(super) marks: Vec<Inline>,
}

impl WrappedText {
    /// Wraps a text for a width.
    pub(super) fn of(text: &str, note: &str, is_code: bool, columns: u16) -> Self {
        let whole = if note.is_empty() { text.to_owned() } else { format!("{text} {note}") };
        let columns = usize::from(columns);
        let lines = if is_code { text::wrap_verbatim(&whole, columns) } else { text::wrap_words(&whole, columns) };
        let marks = if is_code { Vec::new() } else { text::marks(text) };
        Self { note_at: text.len(), text: whole.into(), lines, marks }
    }
}

/// The memory between two screens; may be dropped at any time.
#[derive(Debug, Default)]
pub struct RenderCache {
    wrapped: HashMap<(RoomKey, Seq), (Seq, u16, Rc<WrappedText>)>,
}

impl RenderCache {
    /// Returns a message wrapped for a width.
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
        // The text of an ephemeral message must not outlive it here.
        if content.expires_at().is_none() {
            self.wrapped.insert(key, (changed, columns, Rc::clone(&wrapped)));
        }
        wrapped
    }
}
