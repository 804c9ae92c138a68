//! The deletions that keys stand for in every text field. Must not know which field has the cursor.

#![deny(clippy::disallowed_methods)]

use super::editor::Editor;
use crate::action::WritingAction;

/// A deletion: returns the deleted text if it is large enough to be put back.
pub type Deletion = fn(&mut Editor) -> Option<String>;

/// The deletion that an action stands for, in every text field; `None` if it is something else.
pub fn deletion(action: WritingAction) -> Option<Deletion> {
    let deletion: Deletion = match action {
        WritingAction::DeleteLeft => |editor| {
            editor.delete_left();
            None
        },
        WritingAction::DeleteRight => |editor| {
            editor.delete_right();
            None
        },
        WritingAction::DeleteWordLeft => Editor::delete_word_left,
        WritingAction::DeleteWordRight => Editor::delete_word_right,
        WritingAction::DeleteToStart => Editor::delete_to_start,
        WritingAction::DeleteToEnd => Editor::delete_to_end,
        WritingAction::Send
        | WritingAction::Newline
        | WritingAction::Complete
        | WritingAction::CompleteBack
        | WritingAction::Editor
        | WritingAction::HistorySearch
        | WritingAction::HistoryPrevious
        | WritingAction::HistoryNext
        | WritingAction::CursorUp
        | WritingAction::CursorDown
        | WritingAction::CursorLeft
        | WritingAction::CursorRight
        | WritingAction::WordLeft
        | WritingAction::WordRight
        | WritingAction::LineStart
        | WritingAction::LineEnd
        | WritingAction::PutBack
        | WritingAction::Redo
        | WritingAction::Cancel
        | WritingAction::Interrupt => return None,
    };
    Some(deletion)
}
