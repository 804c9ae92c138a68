//! The input box: edits the draft. Must not know what is done with a text that is sent.

#![deny(clippy::disallowed_methods)]

use std::ops::Range;

use chat_proto::time::UnixMillis;

use super::command_line;
use super::completion::Completing;
use super::deletion::{Deletion, deletion};
use super::editor::Editor;
use super::input_history::InputHistory;
use super::open_room::OpenRoom;
use super::outcomes::Outcomes;
use super::rooms::room::Room;
use crate::action::WritingAction;
use crate::app::state::effect::{Effect, PersistOp};
use crate::app::state::outcome::Outcome;
use crate::app::state::room_key::ServerKey;
use crate::text::is_unsafe;

/// Two presses of "interrupt" within this time leave the program, in milliseconds.
const DOUBLE_PRESS_MS: u64 = 2_000;

/// The input box. The draft itself belongs to its room.
#[derive(Debug, Default)]
pub struct Composer {
    /// The completion under way.
    pub completing: Completing,
    /// The lines sent before.
    pub(in crate::app) history: InputHistory,
    /// The text that was written before a room was open: the first one gets it.
    pub early: Editor,
    /// The last deleted text, to be put back.
    pub(in crate::app) killed: String,
    /// When "interrupt" was last pressed on an empty draft: twice in a row leaves the program.
    interrupted_at: Option<UnixMillis>,
}

impl Composer {
    /// Does an action on the draft of the open room.
    pub fn act(&mut self, action: WritingAction, open: Option<OpenRoom>, now: UnixMillis, out: &mut Outcomes) {
        if let Some(deletion) = deletion(action) {
            return self.delete(deletion, open, now, out);
        }
        match action {
            WritingAction::Send => self.send(open, now, out),
            WritingAction::Newline => self.insert("\n", open, now, out),
            WritingAction::Complete => out.push(Outcome::Complete(1)),
            WritingAction::CompleteBack => out.push(Outcome::Complete(-1)),
            WritingAction::Editor => open_editor(open, out),
            WritingAction::HistorySearch => search_history(open.as_ref(), out),
            WritingAction::HistoryPrevious => self.history_previous(open),
            WritingAction::HistoryNext => self.history_next(open),
            WritingAction::CursorUp => self.up(open),
            WritingAction::CursorDown => self.down(open),
            WritingAction::CursorLeft => self.move_cursor(Editor::left, open),
            WritingAction::CursorRight => self.move_cursor(Editor::right, open),
            WritingAction::WordLeft => self.move_cursor(Editor::word_left, open),
            WritingAction::WordRight => self.move_cursor(Editor::word_right, open),
            WritingAction::LineStart => self.move_cursor(Editor::to_line_start, open),
            WritingAction::LineEnd => self.move_cursor(Editor::to_line_end, open),
            WritingAction::PutBack => self.put_back(open, now, out),
            WritingAction::Redo => self.redo(open, now, out),
            WritingAction::Cancel => out.push(Outcome::Cancel),
            WritingAction::Interrupt => self.interrupt(open, now, out),
            // Done above.
            WritingAction::DeleteLeft
            | WritingAction::DeleteRight
            | WritingAction::DeleteWordLeft
            | WritingAction::DeleteWordRight
            | WritingAction::DeleteToStart
            | WritingAction::DeleteToEnd => {}
        }
    }

    /// The user changed the draft.
    fn on_draft_changed(&mut self, open: &mut OpenRoom, now: UnixMillis, out: &mut Outcomes) {
        self.completing.stop();
        self.history.leave();
        open.room.on_draft_changed(open.server, now, out);
    }

    /// Inserts text at the cursor.
    pub fn insert(&mut self, text: &str, open: Option<OpenRoom>, now: UnixMillis, out: &mut Outcomes) {
        let Some(mut open) = open else { return self.early.insert(text) };
        open.room.writing.draft.insert(text);
        self.on_draft_changed(&mut open, now, out);
    }

    /// A room was opened: it gets the text that was written before.
    pub fn hand_over_early(&mut self, open: Option<OpenRoom>, now: UnixMillis, out: &mut Outcomes) {
        if open.is_some() && !self.early.is_empty() {
            let text = std::mem::take(&mut self.early);
            self.insert(text.text(), open, now, out);
        }
    }

    /// Inserts a paste with uniform line ends and without terminal control characters. Never sends.
    pub fn paste(&mut self, text: &str, open: Option<OpenRoom>, now: UnixMillis, out: &mut Outcomes) {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let text: String = text.chars().filter(|c| *c == '\t' || !is_unsafe(*c)).collect();
        self.insert(&text, open, now, out);
    }

    /// Deletes from the draft; a deleted text can be put back.
    fn delete(&mut self, deletion: Deletion, open: Option<OpenRoom>, now: UnixMillis, out: &mut Outcomes) {
        let Some(mut open) = open else {
            deletion(&mut self.early);
            return;
        };
        if let Some(killed) = deletion(&mut open.room.writing.draft) {
            self.killed = killed;
        }
        self.on_draft_changed(&mut open, now, out);
    }

    /// Puts back the last deleted text.
    fn put_back(&mut self, open: Option<OpenRoom>, now: UnixMillis, out: &mut Outcomes) {
        let killed = self.killed.clone();
        self.insert(&killed, open, now, out);
    }

    /// Takes the last change of the draft back. Returns whether there was one.
    pub fn undo(&mut self, open: Option<OpenRoom>, now: UnixMillis, out: &mut Outcomes) -> bool {
        let Some(mut open) = open else { return false };
        let is_undone = open.room.writing.draft.undo();
        if is_undone {
            self.on_draft_changed(&mut open, now, out);
        }
        is_undone
    }

    /// Makes the last undone change again.
    fn redo(&mut self, open: Option<OpenRoom>, now: UnixMillis, out: &mut Outcomes) {
        let Some(mut open) = open else { return };
        if open.room.writing.draft.redo() {
            self.on_draft_changed(&mut open, now, out);
        }
    }

    /// Places the cursor in a row of the draft, after as many columns.
    pub fn place_cursor(&mut self, (row, columns): (Range<usize>, usize), open: Option<OpenRoom>) {
        self.completing.stop();
        if let Some(open) = open {
            open.room.writing.draft.place_in(row, columns);
        }
    }

    /// Moves the cursor.
    fn move_cursor(&mut self, step: fn(&mut Editor), open: Option<OpenRoom>) {
        self.completing.stop();
        if let Some(open) = open {
            step(&mut open.room.writing.draft);
        }
    }

    /// Moves up a line; from the first line, to the previous input.
    fn up(&mut self, mut open: Option<OpenRoom>) {
        self.completing.stop();
        if !open.as_mut().is_some_and(|open| open.room.writing.draft.up()) {
            self.history_previous(open);
        }
    }

    /// Moves down a line; from the last line, to the next input.
    fn down(&mut self, mut open: Option<OpenRoom>) {
        self.completing.stop();
        if !open.as_mut().is_some_and(|open| open.room.writing.draft.down()) {
            self.history_next(open);
        }
    }

    /// Shows the previous input.
    fn history_previous(&mut self, open: Option<OpenRoom>) {
        let Some(room) = open.map(|open| open.room).filter(|room| room.writing.editing.is_none()) else { return };
        if let Some(text) = self.history.previous(room.writing.draft.text()) {
            // From its first line, the next press goes on to the text before.
            room.writing.set_draft(Editor::at_first_line(text));
        }
    }

    /// Shows the next input.
    fn history_next(&mut self, open: Option<OpenRoom>) {
        let Some(room) = open.map(|open| open.room).filter(|room| room.writing.editing.is_none()) else { return };
        if let Some(text) = self.history.next() {
            room.writing.set_draft(Editor::with(text));
        }
    }

    /// Shows a line of the history; the draft comes back after the newest one.
    pub fn recall(&mut self, text: &str, open: Option<OpenRoom>) {
        if let Some(open) = open {
            self.history.show(text, open.room.writing.draft.text());
            open.room.writing.set_draft(Editor::with(text));
        }
    }

    /// Clears the draft; pressed twice on an empty draft, leaves the program.
    fn interrupt(&mut self, open: Option<OpenRoom>, now: UnixMillis, out: &mut Outcomes) {
        let is_in_use = |open: &OpenRoom| !open.room.writing.draft.is_empty() || open.room.writing.editing.is_some();
        if let Some(mut open) = open.filter(is_in_use) {
            let writing = &mut open.room.writing;
            self.killed = writing.stop_editing().unwrap_or_else(|| writing.draft.take());
            return self.on_draft_changed(&mut open, now, out);
        }
        if self.interrupted_at.is_some_and(|at| now.since_ms(at) < DOUBLE_PRESS_MS) {
            return out.push(Outcome::Quit);
        }
        self.interrupted_at = Some(now);
        out.show_info("Press again to quit.");
    }

    /// The user's editor has closed with this text.
    pub fn on_editor_closed(&mut self, text: &str, mut open: Option<OpenRoom>, now: UnixMillis, out: &mut Outcomes) {
        if let Some(open) = &mut open {
            open.room.writing.draft = Editor::default();
        }
        // Editors add a final line end that is not part of the message.
        self.paste(text.trim_end_matches('\n'), open, now, out);
    }

    /// Takes a line that was carried out: it is remembered, and the draft is empty.
    pub fn take_line(&mut self, open: Option<OpenRoom>, now: UnixMillis, out: &mut Outcomes) {
        let Some(mut open) = open else { return };
        let line = open.room.writing.draft.text().to_owned();
        self.remember(&line, open.room, out);
        self.clear(&mut open, now, out);
    }

    /// Adds a line to the input history, unless its message expires: no file may hold that.
    pub(super) fn remember(&mut self, line: &str, room: &Room, out: &mut Outcomes) {
        if !room.would_expire(line) && self.history.add(line) {
            out.persist(room.key.server, PersistOp::AddInput(line.to_owned()));
        }
    }

    /// Empties the draft.
    pub(super) fn clear(&mut self, open: &mut OpenRoom, now: UnixMillis, out: &mut Outcomes) {
        open.room.writing.draft = Editor::default();
        out.push(Outcome::FocusComposer);
        self.on_draft_changed(open, now, out);
    }

    /// Removes the lines that sent a text from the input history, because its message was deleted.
    pub fn forget_input(&mut self, server: ServerKey, text: &str, out: &mut Outcomes) {
        let is_sent_by = |line: &str| command_line::sent_text(line).is_some_and(|sent| sent == text.trim_end());
        for line in self.history.remove(is_sent_by) {
            out.persist(server, PersistOp::RemoveInput(line));
        }
    }
}

/// Opens the list of the lines sent before.
fn search_history(open: Option<&OpenRoom>, out: &mut Outcomes) {
    if open.is_some_and(|open| open.room.writing.editing.is_some()) {
        return out.show_info("Finish the edit first: Enter saves, Esc leaves it as it was.");
    }
    out.push(Outcome::OpenHistorySearch);
}

/// Opens the draft in the user's editor.
fn open_editor(open: Option<OpenRoom>, out: &mut Outcomes) {
    let Some(room) = open.map(|open| open.room) else { return };
    if room.is_draft_ephemeral() {
        return out.show_error("Ephemeral texts never go to a file, so $EDITOR is not available here.");
    }
    out.effect(Effect::OpenEditor(room.writing.draft.text().to_owned()));
}
