//! Caches wrapped messages until they or the width change. Must not know where they are drawn, or when a room is loaded again:
//! a number may then name another message, so a cached one is compared with the text that is drawn.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use chat_proto::ids::Seq;

use crate::app::{MessageContent, RoomKey};
use crate::text::{self, Inline};

/// Most cached messages; beyond it the cache is emptied, and visible messages are wrapped again.
const MESSAGES_MAX: usize = 4_096;

/// Stands between a text and the note about it.
const NOTE_GAP: &str = " ";

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
        let whole = if note.is_empty() { text.to_owned() } else { format!("{text}{NOTE_GAP}{note}") };
        let columns = usize::from(columns);
        let lines = if is_code { text::wrap_verbatim(&whole, columns) } else { text::wrap_words(&whole, columns) };
        let marks = if is_code { Vec::new() } else { text::marks(text) };
        Self { note_at: text.len(), text: whole.into(), lines, marks }
    }

    /// Whether it was made of this text and this note.
    fn is_of(&self, text: &str, note: &str) -> bool {
        match self.text.split_at_checked(self.note_at) {
            Some((own, "")) => own == text && note.is_empty(),
            Some((own, rest)) => own == text && rest.strip_prefix(NOTE_GAP) == Some(note),
            None => false,
        }
    }
}

/// A wrapped message, and the form it was wrapped for.
#[derive(Debug)]
struct Cached {
    columns: u16,
    is_code: bool,
    wrapped: Rc<WrappedText>,
}

/// The memory between two screens; may be dropped at any time.
#[derive(Debug, Default)]
pub struct RenderCache {
    wrapped: HashMap<(RoomKey, Seq), Cached>,
}

impl RenderCache {
    /// Returns a message wrapped for a width.
    pub(super) fn wrapped(&mut self, key: (RoomKey, Seq), content: &MessageContent, columns: u16) -> Rc<WrappedText> {
        let (text, is_code) = (content.text.as_str(), content.code().is_some());
        let note = if content.is_edited { "(edited)" } else { "" };
        if let Some(cached) = self.wrapped.get(&key)
            && (cached.columns, cached.is_code) == (columns, is_code)
            && cached.wrapped.is_of(text, note)
        {
            return Rc::clone(&cached.wrapped);
        }
        let wrapped = Rc::new(WrappedText::of(text, note, is_code, columns));
        if self.wrapped.len() >= MESSAGES_MAX {
            self.wrapped.clear();
        }
        // The text of an ephemeral message must not outlive it here.
        if content.expires_at().is_none() {
            self.wrapped.insert(key, Cached { columns, is_code, wrapped: Rc::clone(&wrapped) });
        }
        wrapped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_ends_like_a_note_is_not_taken_for_a_text_with_that_note() {
        let edited = WrappedText::of("we ship", "(edited)", false, 40);
        assert!(edited.is_of("we ship", "(edited)"));
        assert!(
            !edited.is_of("we ship", "") && !edited.is_of("we ship (edited)", "") && !edited.is_of("we", "(edited)")
        );
        let written = WrappedText::of("we ship (edited)", "", false, 40);
        assert!(written.is_of("we ship (edited)", "") && !written.is_of("we ship", "(edited)"));
    }
}
