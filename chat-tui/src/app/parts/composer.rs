//! The input box: edits the draft, and sends it. Must not know how messages travel, or what commands do.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::Seq;
use chat_proto::request::Edit;
use chat_proto::text::{MessageBody, TextError};

use super::command_line::{self, ParsedLine};
use super::{completion, drafts, outbox, overlay, typing};
use crate::action::WritingAction;
use crate::app::model::{Focus, Model};
use crate::app::parts::editor::Editor;
use crate::app::parts::rooms::room::Room;
use crate::app::state::draft::Draft;
use crate::app::state::effect::{Effect, PersistOp};
use crate::app::state::outcome::{Outcome, Selected};
use crate::app::state::purpose::Purpose;
use crate::app::state::room_key::RoomKey;
use crate::text::is_unsafe;

/// Two presses of "interrupt" within this time leave the program, in milliseconds.
const DOUBLE_PRESS_MS: u64 = 2_000;

/// Does an action on the draft.
pub fn act(model: &mut Model, action: WritingAction) -> Option<Outcome> {
    match action {
        WritingAction::Send => return send(model),
        WritingAction::Newline => insert(model, "\n"),
        WritingAction::Complete => completion::complete(model, 1),
        WritingAction::CompleteBack => completion::complete(model, -1),
        WritingAction::Editor => open_editor(model),
        WritingAction::HistoryPrevious => history_previous(model),
        WritingAction::HistoryNext => history_next(model),
        WritingAction::CursorUp => up(model),
        WritingAction::CursorDown => down(model),
        WritingAction::CursorLeft => move_cursor(model, Editor::left),
        WritingAction::CursorRight => move_cursor(model, Editor::right),
        WritingAction::WordLeft => move_cursor(model, Editor::word_left),
        WritingAction::WordRight => move_cursor(model, Editor::word_right),
        WritingAction::LineStart => move_cursor(model, Editor::to_line_start),
        WritingAction::LineEnd => move_cursor(model, Editor::to_line_end),
        WritingAction::DeleteLeft => delete(model, without_text(Editor::delete_left)),
        WritingAction::DeleteRight => delete(model, without_text(Editor::delete_right)),
        WritingAction::DeleteWordLeft => delete(model, Editor::delete_word_left),
        WritingAction::DeleteWordRight => delete(model, Editor::delete_word_right),
        WritingAction::DeleteToStart => delete(model, Editor::delete_to_start),
        WritingAction::DeleteToEnd => delete(model, Editor::delete_to_end),
        WritingAction::PutBack => put_back(model),
        WritingAction::Cancel => return cancel(model),
        WritingAction::Interrupt => return interrupt(model),
    }
    None
}

/// The user changed the draft.
fn on_draft_changed(model: &mut Model) {
    model.completion = None;
    model.history.leave();
    if let Some(room_key) = model.current {
        if let Some(room) = model.rooms.get_mut(&room_key) {
            room.writing.is_draft_saved = false;
        }
        typing::on_draft_changed(model, room_key);
    }
}

/// The text that keys edit: the open list's query, or the draft.
fn focused_editor(model: &mut Model) -> Option<&mut Editor> {
    if let Some(overlay) = &mut model.overlay {
        return overlay.query_mut();
    }
    let current = model.current?;
    model.rooms.get_mut(&current).map(|room| &mut room.writing.draft)
}

/// Inserts text at the cursor.
pub fn insert(model: &mut Model, text: &str) {
    if let Some(room) = model.room_mut() {
        room.writing.draft.insert(text);
        on_draft_changed(model);
    }
}

/// Inserts a paste with uniform line ends and without terminal control characters. Never sends.
pub fn paste(model: &mut Model, text: &str) {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text: String = text.chars().filter(|c| *c == '\t' || !is_unsafe(*c)).collect();
    insert(model, &text);
}

/// A deletion too small to be put back.
fn without_text(delete: fn(&mut Editor) -> bool) -> impl FnOnce(&mut Editor) -> Option<String> {
    move |editor| {
        delete(editor);
        None
    }
}

/// Deletes from the draft or the open list's query; a deleted text can be put back.
fn delete(model: &mut Model, deletion: impl FnOnce(&mut Editor) -> Option<String>) {
    let Some(editor) = focused_editor(model) else { return };
    if let Some(killed) = deletion(editor) {
        model.killed = killed;
    }
    if model.overlay.is_some() {
        overlay::on_query_changed(model);
    } else {
        on_draft_changed(model);
    }
}

/// Puts back the last deleted text.
fn put_back(model: &mut Model) {
    let killed = model.killed.clone();
    insert(model, &killed);
}

/// Moves the cursor.
fn move_cursor(model: &mut Model, step: fn(&mut Editor)) {
    model.completion = None;
    if let Some(room) = model.room_mut() {
        step(&mut room.writing.draft);
    }
}

/// Moves up a line; from the first line, to the previous input.
fn up(model: &mut Model) {
    model.completion = None;
    if !model.room_mut().is_some_and(|room| room.writing.draft.up()) {
        history_previous(model);
    }
}

/// Moves down a line; from the last line, to the next input.
fn down(model: &mut Model) {
    model.completion = None;
    if !model.room_mut().is_some_and(|room| room.writing.draft.down()) {
        history_next(model);
    }
}

/// Shows the previous input.
fn history_previous(model: &mut Model) {
    let Some(room_key) = model.current else { return };
    let Some(room) = model.rooms.get_mut(&room_key).filter(|room| room.writing.editing.is_none()) else { return };
    if let Some(text) = model.history.previous(room.writing.draft.text()) {
        room.writing.set_draft(Editor::with(text));
    }
}

/// Shows the next input.
fn history_next(model: &mut Model) {
    let Some(room_key) = model.current else { return };
    let Some(room) = model.rooms.get_mut(&room_key).filter(|room| room.writing.editing.is_none()) else { return };
    if let Some(text) = model.history.next() {
        room.writing.set_draft(Editor::with(text));
    }
}

/// Ends what is under way: a completion, an open pane, an edit. Otherwise begins to select messages.
fn cancel(model: &mut Model) -> Option<Outcome> {
    let is_editing = model.room_mut().is_some_and(|room| room.writing.editing.is_some());
    model.notice = None;
    if model.completion.take().is_some() || model.panes.uncover() {
        return None;
    }
    if !is_editing {
        return Some(Outcome::Select(Selected::Previous));
    }
    stop_editing(model);
    None
}

/// Ends an edit and puts the interrupted draft back.
fn stop_editing(model: &mut Model) {
    let stashed = std::mem::take(&mut model.stashed);
    if let Some(room) = model.room_mut() {
        room.writing.editing = None;
        room.writing.set_draft(stashed);
    }
}

/// Clears the draft; pressed twice on an empty draft, leaves the program.
fn interrupt(model: &mut Model) -> Option<Outcome> {
    let is_empty = model.room_mut().is_none_or(|room| room.writing.draft.is_empty() && room.writing.editing.is_none());
    if !is_empty {
        model.killed = model.room_mut().map(|room| room.writing.draft.take()).unwrap_or_default();
        if model.room_mut().is_some_and(|room| room.writing.editing.is_some()) {
            stop_editing(model);
        }
        on_draft_changed(model);
        return None;
    }
    if model.interrupted_at.is_some_and(|at| model.now.since_ms(at) < DOUBLE_PRESS_MS) {
        return Some(Outcome::Quit);
    }
    model.interrupted_at = Some(model.now);
    model.show_info("Press again to quit.");
    None
}

/// Opens the draft in the user's editor.
fn open_editor(model: &mut Model) {
    let Some((_, room)) = model.room() else { return };
    let text = room.writing.draft.text().to_owned();
    if drafts::would_expire(room, &text) {
        return model.show_error("Ephemeral drafts never go to a file, so $EDITOR is not available here.");
    }
    model.effects.push(Effect::OpenEditor(text));
}

/// The user's editor has closed; `None` if it failed.
pub fn on_editor_closed(model: &mut Model, text: Option<String>) {
    let Some(text) = text else { return };
    if let Some(room) = model.room_mut() {
        room.writing.draft = Editor::default();
    }
    // Editors add a final line end that is not part of the message.
    paste(model, text.trim_end_matches('\n'));
}

/// Sends the draft, or runs the command in it.
fn send(model: &mut Model) -> Option<Outcome> {
    let (room_key, room) = model.room()?;
    let text = room.writing.draft.text().to_owned();
    if text.trim().is_empty() {
        return None;
    }
    if let Some(seq) = room.writing.editing {
        send_edit(model, room_key, seq, &text);
        return None;
    }
    match command_line::parse(&text) {
        Some(ParsedLine::Command { action, argument }) => return Some(Outcome::Run(action, argument)),
        Some(ParsedLine::Unknown { word }) => {
            model
                .show_error(&format!("There is no /{word}; /help shows what there is. Begin with // to send a slash."));
        }
        Some(ParsedLine::Text(text)) => send_text(model, room_key, &text),
        None => send_text(model, room_key, &text),
    }
    None
}

fn send_edit(model: &mut Model, room_key: RoomKey, seq: Seq, text: &str) {
    if !model.is_ready(room_key.server) {
        model.show_error("Server unreachable; save your edit once you are connected.");
        return;
    }
    match body_of(model, room_key, text) {
        Ok(body) => {
            let edit = Edit { room: room_key.room, seq, body };
            model.ask(room_key.server, edit, Purpose::UserAction("could not edit the message"));
            stop_editing(model);
        }
        Err(error) => show_text_error(model, &error),
    }
}

/// The text as a message of the room, as long as its server allows.
fn body_of(model: &Model, room_key: RoomKey, text: &str) -> Result<MessageBody, TextError> {
    let body: MessageBody = text.parse()?;
    body.check_within(&model.limits(room_key.server))?;
    Ok(body)
}

/// Sends a message, and empties the draft.
fn send_text(model: &mut Model, room_key: RoomKey, text: &str) {
    match body_of(model, room_key, text.trim_end()) {
        Ok(body) => {
            outbox::send(model, room_key, Draft { body, code: None, life: None });
            after_send(model, room_key, Some(text));
        }
        Err(error) => show_text_error(model, &error),
    }
}

/// Empties the draft, and remembers the sent text unless it expires.
pub fn after_send(model: &mut Model, room_key: RoomKey, text: Option<&str>) {
    let is_ephemeral = model.rooms.get(&room_key).is_none_or(Room::is_ephemeral);
    if let Some(text) = text.filter(|_| !is_ephemeral)
        && model.history.add(text)
    {
        model.effects.push(Effect::Persist(room_key.server, PersistOp::AddInput(text.to_owned())));
    }
    if let Some(room) = model.rooms.get_mut(&room_key) {
        room.writing.draft = Editor::default();
    }
    model.focus = Focus::Composer;
    on_draft_changed(model);
}

/// Says why a text cannot be sent; the draft stays.
fn show_text_error(model: &mut Model, error: &TextError) {
    model.show_error(&format!("The message {error}. It is still here; shorten it, or send it in parts."));
}
