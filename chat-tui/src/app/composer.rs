//! The box one writes in.

use chat_proto::request::Edit;
use chat_proto::text::{MessageBody, TextError};

use super::answers::Purpose;
use super::completion::{self, Completion};
use super::editor::Editor;
use super::effect::{Effect, PersistOp};
use super::model::{Focus, Model};
use super::outbox::{self, Draft};
use super::overlay;
use super::room::Room;
use super::room_key::RoomKey;
use super::{commands, messages, persistence, typing, update};
use crate::text::is_unsafe;

/// Two presses of "interrupt" within this time leave, in milliseconds.
const DOUBLE_PRESS_MS: u64 = 2_000;

/// What a key deletes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Deletion {
    Left,
    Right,
    WordLeft,
    WordRight,
    ToStart,
    ToEnd,
}

/// The text changed by hand.
fn on_draft_changed(model: &mut Model) {
    model.completion = None;
    model.history.leave();
    if let Some(room_key) = model.current {
        if let Some(room) = model.rooms.get_mut(&room_key) {
            room.is_draft_saved = false;
        }
        typing::send_typing(model, room_key);
    }
}

/// Where typing goes: the open list's line, or the box.
fn focused_editor(model: &mut Model) -> Option<&mut Editor> {
    if model.overlay.is_some() {
        return overlay::query(model);
    }
    model.room_mut().map(|room| &mut room.draft)
}

/// Writes at the cursor.
pub(super) fn insert(model: &mut Model, text: &str) {
    if let Some(room) = model.room_mut() {
        room.draft.insert(text);
        on_draft_changed(model);
    }
}

/// Takes a paste whole: line ends made one kind, what steers a terminal left out. Never sends.
pub(super) fn paste(model: &mut Model, text: &str) {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text: String = text.chars().filter(|c| *c == '\t' || !is_unsafe(*c)).collect();
    insert(model, &text);
}

/// Deletes, and remembers more than single characters for putting back.
pub(super) fn delete(model: &mut Model, deletion: Deletion) {
    let Some(editor) = focused_editor(model) else { return };
    let killed = match deletion {
        Deletion::Left => {
            editor.delete_left();
            None
        }
        Deletion::Right => {
            editor.delete_right();
            None
        }
        Deletion::WordLeft => editor.delete_word_left(),
        Deletion::WordRight => editor.delete_word_right(),
        Deletion::ToStart => editor.delete_to_start(),
        Deletion::ToEnd => editor.delete_to_end(),
    };
    if let Some(killed) = killed {
        model.killed = killed;
    }
    if model.overlay.is_some() {
        overlay::query_changed(model);
    } else {
        on_draft_changed(model);
    }
}

/// Puts back what was deleted last.
pub(super) fn put_back(model: &mut Model) {
    let killed = model.killed.clone();
    insert(model, &killed);
}

/// Moves the cursor.
pub(super) fn move_cursor(model: &mut Model, step: fn(&mut Editor)) {
    model.completion = None;
    if let Some(room) = model.room_mut() {
        step(&mut room.draft);
    }
}

/// A line up; in the first line, what was sent before.
pub(super) fn up(model: &mut Model) {
    model.completion = None;
    if !model.room_mut().is_some_and(|room| room.draft.up()) {
        history_previous(model);
    }
}

/// A line down; in the last line, what was sent after that.
pub(super) fn down(model: &mut Model) {
    model.completion = None;
    if !model.room_mut().is_some_and(|room| room.draft.down()) {
        history_next(model);
    }
}

/// What was sent before.
pub(super) fn history_previous(model: &mut Model) {
    let Some(room_key) = model.current else { return };
    let Some(room) = model.rooms.get_mut(&room_key).filter(|room| room.editing.is_none()) else { return };
    if let Some(text) = model.history.previous(room.draft.text()) {
        room.draft = Editor::with(text);
        room.is_draft_saved = false;
    }
}

/// What was sent after that.
pub(super) fn history_next(model: &mut Model) {
    let Some(room_key) = model.current else { return };
    let Some(room) = model.rooms.get_mut(&room_key).filter(|room| room.editing.is_none()) else { return };
    if let Some(text) = model.history.next() {
        room.draft = Editor::with(text);
        room.is_draft_saved = false;
    }
}

/// Completes what stands before the cursor; pressed again, takes the next.
pub(super) fn complete(model: &mut Model, step: isize) {
    let next = if let Some(completion) = model.completion.take() {
        let count = completion.candidates.len();
        let chosen = (completion.chosen + count).wrapping_add_signed(step) % count;
        Completion { chosen, ..completion }
    } else {
        let Some((start, candidates)) = completion::candidates(model) else { return };
        let chosen = if step < 0 { candidates.len() - 1 } else { 0 };
        Completion { start, candidates, chosen }
    };
    if let Some(room) = model.room_mut() {
        room.draft.replace_before(next.start, &next.candidates[next.chosen].text);
        room.is_draft_saved = false;
    }
    // A single candidate is settled: the next press begins anew.
    model.completion = Some(next).filter(|completion| completion.candidates.len() > 1);
}

/// Leaves what is under way; where nothing is, selects messages.
pub(super) fn cancel(model: &mut Model) {
    let is_editing = model.room_mut().is_some_and(|room| room.editing.is_some());
    model.notice = None;
    if model.completion.take().is_some() || model.panes.uncover() {
        return;
    }
    if is_editing { stop_editing(model) } else { messages::select(model, -1) }
}

/// Puts what was being written before an edit back in its place.
fn stop_editing(model: &mut Model) {
    let stashed = std::mem::take(&mut model.stashed);
    if let Some(room) = model.room_mut() {
        room.editing = None;
        room.draft = stashed;
        room.is_draft_saved = false;
    }
}

/// Clears what is written; pressed twice where nothing is, leaves.
pub(super) fn interrupt(model: &mut Model) {
    let is_empty = model.room_mut().is_none_or(|room| room.draft.is_empty() && room.editing.is_none());
    let is_second = model.interrupted_at.is_some_and(|at| model.now.since_ms(at) < DOUBLE_PRESS_MS);
    if !is_empty {
        let killed = model.room_mut().map(|room| room.draft.take()).unwrap_or_default();
        model.killed = killed;
        if model.room_mut().is_some_and(|room| room.editing.is_some()) {
            stop_editing(model);
        }
        on_draft_changed(model);
    } else if is_second {
        update::quit(model);
    } else {
        model.interrupted_at = Some(model.now);
        model.show_info("Press again to leave.");
    }
}

/// Lets the person write in their editor.
pub(super) fn open_editor(model: &mut Model) {
    let Some((_, room)) = model.room() else { return };
    let text = room.draft.text().to_owned();
    if persistence::would_expire(room, &text) {
        return model.show_error("An editor would write this to a file, and it expires; write it here.");
    }
    model.effects.push(Effect::OpenEditor(text));
}

/// The editor has ended.
pub(super) fn on_editor_closed(model: &mut Model, text: Option<String>) {
    let Some(text) = text else { return };
    if let Some(room) = model.room_mut() {
        room.draft = Editor::default();
    }
    // Editors end a file with a line end; nobody means it.
    paste(model, text.trim_end_matches('\n'));
}

/// Sends what is written, or does what it commands.
pub(super) fn send(model: &mut Model) {
    let Some((room_key, room)) = model.room() else { return };
    let text = room.draft.text().to_owned();
    if text.trim().is_empty() {
        return;
    }
    let editing = room.editing;
    match (editing, commands::parse(&text)) {
        (Some(seq), _) => send_edit(model, room_key, seq, &text),
        (None, Some(commands::ParsedLine::Command { action, argument })) => {
            commands::run(model, action, &argument);
        }
        (None, Some(commands::ParsedLine::Unknown { word })) => {
            model
                .show_error(&format!("There is no /{word}; /help shows what there is. Begin with // to send a slash."));
        }
        (None, Some(commands::ParsedLine::Text(text))) => send_text(model, room_key, &text, false),
        (None, None) => send_text(model, room_key, &text, false),
    }
}

fn send_edit(model: &mut Model, room_key: RoomKey, seq: chat_proto::ids::Seq, text: &str) {
    if !model.is_ready(room_key.server) {
        model.show_error("The server is away; edits need it. Your text stays here.");
        return;
    }
    match text.parse::<MessageBody>() {
        Ok(body) => {
            let edit = Edit { room: room_key.room, seq, body };
            model.ask(room_key.server, edit, Purpose::UserAction("could not edit the message"));
            stop_editing(model);
        }
        Err(error) => show_text_error(model, &error),
    }
}

/// Sends a plain text, and empties the box.
pub(super) fn send_text(model: &mut Model, room_key: RoomKey, text: &str, is_code: bool) {
    let code = is_code.then(|| "text".parse().expect("invariant: a plain word is a language"));
    match text.trim_end().parse::<MessageBody>() {
        Ok(body) => {
            outbox::send(model, room_key, Draft { body, code, life: None });
            after_send(model, room_key, Some(text));
        }
        Err(error) => show_text_error(model, &error),
    }
}

/// The box is empty again; what was sent is remembered unless it expires.
pub(super) fn after_send(model: &mut Model, room_key: RoomKey, text: Option<&str>) {
    let is_ephemeral = model.rooms.get(&room_key).is_none_or(Room::is_ephemeral);
    if let Some(text) = text.filter(|_| !is_ephemeral)
        && model.history.add(text)
    {
        model.effects.push(Effect::Persist(room_key.server, PersistOp::AddInput(text.to_owned())));
    }
    if let Some(room) = model.rooms.get_mut(&room_key) {
        room.draft = Editor::default();
    }
    model.focus = Focus::Composer;
    on_draft_changed(model);
}

/// Says why a text cannot be sent; it stays where it is.
pub(super) fn show_text_error(model: &mut Model, error: &TextError) {
    model.show_error(&format!("The message {error}. It is still here; shorten it, or send it in parts."));
}
