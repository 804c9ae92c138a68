//! Selects messages, and acts on the selected one. Must not know how an answer is shown.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::Seq;
use chat_proto::request::Delete;
use chat_proto::room::Role;

use super::{edit_history, outbox, overlay};
use crate::action::MessageAction;
use crate::app::model::{Focus, Model};
use crate::app::parts::editor::Editor;
use crate::app::parts::rooms::room::Scroll;
use crate::app::parts::server::{LinkState, Server};
use crate::app::state::effect::Effect;
use crate::app::state::outcome::Selected;
use crate::app::state::purpose::Purpose;
use crate::app::state::room_key::RoomKey;
use crate::app::state::timeline_entry::TimelineEntry;

/// Does an action on the selected message, or on what was not sent.
pub fn act(model: &mut Model, action: MessageAction) {
    match action {
        MessageAction::SelectUp => step(model, -1),
        MessageAction::SelectDown => step(model, 1),
        MessageAction::EditMessage => edit(model),
        MessageAction::DeleteMessage => ask_to_delete(model),
        MessageAction::Versions => show_versions(model),
        MessageAction::CopyMessage => copy(model),
        MessageAction::Retry => retry(model),
        MessageAction::Discard => discard(model),
        MessageAction::Back => model.focus = Focus::Composer,
    }
}

/// Selects a message.
pub fn select(model: &mut Model, selected: Selected) {
    match selected {
        Selected::Previous => step(model, -1),
        Selected::First => select_first(model),
        Selected::Last => select_last(model),
    }
}

/// Selects the next message up or down; from the composer, the last one.
fn step(model: &mut Model, step: isize) {
    let Some((_, room)) = model.room() else { return };
    let entries = room.timeline.entries();
    let is_message = |entry: &&TimelineEntry| entry.content().is_some();
    let found = match model.focus {
        Focus::Composer => entries.iter().rev().find(is_message),
        Focus::Message(seq) => {
            let at = room.timeline.position(seq).unwrap_or_else(|at| at);
            if step < 0 {
                entries.range(..at).rev().find(is_message)
            } else {
                entries.range((at + 1).min(entries.len())..).find(is_message)
            }
        }
    };
    match (found, model.focus) {
        (Some(entry), _) => model.focus = Focus::Message(entry.seq),
        // The input box is below the last message.
        (None, Focus::Message(_)) if step > 0 => model.focus = Focus::Composer,
        (None, _) => {}
    }
    hold_scroll(model);
}

/// Keeps new messages from moving the selection.
fn hold_scroll(model: &mut Model) {
    let top = model.viewport.top.filter(|_| model.viewport.room_key == model.current);
    let (Focus::Message(_), Some((seq, row))) = (model.focus, top) else { return };
    if let Some(room) = model.room_mut().filter(|room| room.scroll == Scroll::End) {
        room.scroll = Scroll::At { seq, row };
    }
}

/// Selects the oldest loaded message.
fn select_first(model: &mut Model) {
    let first =
        model.room().and_then(|(_, room)| room.timeline.entries().iter().find(|entry| entry.content().is_some()));
    if let Some(seq) = first.map(|entry| entry.seq) {
        model.focus = Focus::Message(seq);
    }
}

/// Selects the newest message.
fn select_last(model: &mut Model) {
    let entries = model.room().map(|(_, room)| room.timeline.entries());
    let last = entries.and_then(|entries| entries.iter().rev().find(|entry| entry.content().is_some()));
    if let Some(seq) = last.map(|entry| entry.seq) {
        model.focus = Focus::Message(seq);
    }
}

/// The message an action is about: the selected one, or one's own last one.
fn target(model: &Model) -> Option<(RoomKey, &TimelineEntry)> {
    let (room_key, room) = model.room()?;
    let me = model.server()?.my_id();
    let entry = match model.focus {
        Focus::Message(seq) => room.timeline.get(seq).filter(|entry| entry.content().is_some()),
        Focus::Composer => {
            room.timeline.entries().iter().rev().find(|entry| entry.content().is_some() && Some(entry.by) == me)
        }
    };
    entry.map(|entry| (room_key, entry))
}

/// The message an action is about, if it is one's own and the server is connected; otherwise says why not.
fn own_target(model: &mut Model) -> Option<(RoomKey, Seq, String)> {
    let me = model.server().and_then(Server::my_id);
    target_that(model, |entry| Some(entry.by) == me)
}

/// As [`own_target`], but a room's owner may take away an ephemeral message of others.
fn deletable_target(model: &mut Model) -> Option<(RoomKey, Seq, String)> {
    let me = model.server().and_then(Server::my_id);
    let is_owner = model.room().is_some_and(|(_, room)| room.role == Role::Owner);
    let is_ephemeral = |entry: &TimelineEntry| entry.content().is_some_and(|content| content.expires_at().is_some());
    target_that(model, |entry| Some(entry.by) == me || (is_owner && is_ephemeral(entry)))
}

/// The message an action is about, if this account may do it and the server is connected; otherwise says why not.
fn target_that(model: &mut Model, may: impl Fn(&TimelineEntry) -> bool) -> Option<(RoomKey, Seq, String)> {
    let found = target(model).map(|(room_key, entry)| {
        let text = entry.content().map_or_else(String::new, |content| content.written().to_owned());
        (room_key, entry.seq, text, may(entry))
    });
    match found {
        None => model.show_info("There is no message to do that with."),
        Some((.., false)) => model.show_error("That message is someone else's."),
        Some((room_key, ..)) if !model.is_ready(room_key.server) => {
            model.show_error("Server unreachable; try again once you are connected.");
        }
        Some((room_key, seq, text, true)) => return Some((room_key, seq, text)),
    }
    None
}

/// Begins to edit a message.
fn edit(model: &mut Model) {
    let Some((_, seq, text)) = own_target(model) else { return };
    let Some(room) = model.room_mut() else { return };
    let written = std::mem::replace(&mut room.writing.draft, Editor::with(text));
    let was_editing = room.writing.editing.replace(seq).is_some();
    if !was_editing {
        model.stashed = written;
    }
    model.focus = Focus::Composer;
}

/// Asks whether to delete a message.
fn ask_to_delete(model: &mut Model) {
    if let Some((room_key, seq, text)) = deletable_target(model) {
        overlay::open_deletion(model, room_key, seq, &text);
    }
}

/// Deletes a message.
pub fn delete(model: &mut Model, room_key: RoomKey, seq: Seq) {
    model.focus = Focus::Composer;
    model.ask(
        room_key.server,
        Delete { room: room_key.room, seq },
        Purpose::UserAction("could not delete the message"),
    );
}

/// Shows the earlier texts of a message, also of someone else's.
fn show_versions(model: &mut Model) {
    let found = target(model).and_then(|(room_key, entry)| Some((room_key, entry.seq, entry.content()?)));
    let found =
        found.map(|(room_key, seq, content)| (room_key, seq, content.is_edited, content.expires_at().is_some()));
    match found {
        None => model.show_info("There is no message to do that with."),
        Some((_, _, false, _)) => model.show_info("That message was not edited."),
        Some((_, _, true, true)) => model.show_info("Ephemeral messages keep no edit history."),
        Some((room_key, ..)) if !model.is_ready(room_key.server) => {
            model.show_error("Server unreachable; try again once you are connected.");
        }
        Some((room_key, seq, ..)) => edit_history::request(model, room_key, seq),
    }
}

/// Copies the text of a message to the clipboard.
fn copy(model: &mut Model) {
    let text = target(model).and_then(|(_, entry)| entry.content()).map(|content| content.text.as_str().to_owned());
    if let Some(text) = text {
        model.effects.push(Effect::Copy(text));
        model.show_info("Copied.");
    }
}

/// Retries what failed in the open room, and reconnects at once if the server is disconnected.
fn retry(model: &mut Model) {
    let Some(room_key) = model.current else { return };
    outbox::retry(model, room_key);
    let link = model.servers.get(&room_key.server).map(|server| &server.link);
    if let Some(LinkState::Down { .. } | LinkState::Denied { .. }) = link {
        model.effects.push(Effect::RetryLink(room_key.server));
    }
}

/// Drops what the server does not take in the open room.
fn discard(model: &mut Model) {
    if let Some(room_key) = model.current {
        outbox::discard(model, room_key);
    }
}
