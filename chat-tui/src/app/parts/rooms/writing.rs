//! A room's writing: the draft and the messages on their way. Must not know how they are sent.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::{ClientKey, Seq};

use crate::app::parts::editor::Editor;
use crate::app::parts::rooms::pending_post::PendingPost;
use crate::app::state::purpose::WrittenText;

/// The draft and the unsent messages of a room.
#[derive(Debug)]
pub struct Writing {
    /// The text in the input box.
    pub draft: Editor,
    /// The message being edited, if the draft is an edit.
    pub editing: Option<Seq>,
    /// The draft that the edit interrupted.
    interrupted: Editor,
    /// One's own messages on their way, oldest first.
    pub pending: Vec<PendingPost>,
    /// Whether the draft is on disk.
    pub(in crate::app) is_draft_saved: bool,
}

impl Default for Writing {
    fn default() -> Self {
        Self {
            draft: Editor::default(),
            editing: None,
            interrupted: Editor::default(),
            pending: Vec::new(),
            is_draft_saved: true,
        }
    }
}

impl Writing {
    /// Replaces the draft.
    pub(in crate::app) fn set_draft(&mut self, draft: Editor) {
        self.draft = draft;
        self.is_draft_saved = false;
    }

    /// Begins to edit a message, from this text; the draft comes back afterwards.
    pub(in crate::app) fn begin_edit(&mut self, seq: Seq, text: String) {
        let written = std::mem::replace(&mut self.draft, Editor::with(text));
        if self.editing.replace(seq).is_none() {
            self.interrupted = written;
        }
    }

    /// Ends an edit and puts the interrupted draft back. Returns the edit's text; `None` if there is no edit.
    pub(in crate::app) fn stop_editing(&mut self) -> Option<String> {
        self.editing.take()?;
        let text = self.draft.take();
        let interrupted = std::mem::take(&mut self.interrupted);
        self.set_draft(interrupted);
        Some(text)
    }

    /// Takes a text back that the server did not take, as it was when it was sent. Returns it if it has no place here any
    /// more, because the user has gone on writing.
    pub(in crate::app) fn take_back(&mut self, written: WrittenText) -> Result<(), String> {
        if self.editing.is_some() || self.draft.text() != written.draft_after {
            return Err(written.text);
        }
        match written.editing {
            Some(seq) => self.begin_edit(seq, written.text),
            None => self.set_draft(Editor::with(written.text)),
        }
        Ok(())
    }

    /// The draft of a new message; during an edit, the one that the edit interrupted.
    pub(super) fn message_draft(&self) -> &str {
        if self.editing.is_some() { self.interrupted.text() } else { self.draft.text() }
    }

    /// The message with this key.
    pub(in crate::app) fn find_mut(&mut self, key: &ClientKey) -> Option<&mut PendingPost> {
        self.pending.iter_mut().find(|pending| pending.key == *key)
    }
}
