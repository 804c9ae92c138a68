//! A room's writing: the draft and the messages on their way. Must not know how they are sent.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::{ClientKey, Seq};

use crate::app::parts::editor::Editor;
use crate::app::parts::rooms::pending_post::PendingPost;

/// The draft and the unsent messages of a room.
#[derive(Debug)]
pub struct Writing {
    /// The text in the input box.
    pub draft: Editor,
    /// The message being edited, if the draft is an edit.
    pub editing: Option<Seq>,
    /// One's own messages on their way, oldest first.
    pub pending: Vec<PendingPost>,
    /// Whether the draft is on disk.
    pub(in crate::app) is_draft_saved: bool,
}

impl Default for Writing {
    fn default() -> Self {
        Self { draft: Editor::default(), editing: None, pending: Vec::new(), is_draft_saved: true }
    }
}

impl Writing {
    /// Replaces the draft.
    pub(in crate::app) fn set_draft(&mut self, draft: Editor) {
        self.draft = draft;
        self.is_draft_saved = false;
    }

    /// The message with this key.
    pub(in crate::app) fn find_mut(&mut self, key: &ClientKey) -> Option<&mut PendingPost> {
        self.pending.iter_mut().find(|pending| pending.key == *key)
    }
}
