//! The one way in: routes what happened to the part it belongs to.

use chat_proto::time::UnixMillis;

use super::effect::Effect;
use super::model::{Focus, Model};
use super::msg::Msg;
use super::overlay;
use super::panes::Pane;
use super::{commands, composer, link, messages, mouse, navigation, outbox, persistence, reading, timers};
use crate::action::Action;

/// Takes what happened at `now`, by this machine's clock; gives back what has to be done.
pub fn update(model: &mut Model, msg: Msg, now: UnixMillis) -> Vec<Effect> {
    model.now = now;
    match msg {
        Msg::Action(action) => {
            timers::mark_active(model);
            act(model, action);
        }
        Msg::Typed(c) => {
            timers::mark_active(model);
            on_typed(model, c);
        }
        Msg::Pasted(text) => {
            timers::mark_active(model);
            on_pasted(model, &text);
        }
        Msg::Mouse(event) => mouse::on_mouse(model, event),
        Msg::Focused(has_focus) => on_focus(model, has_focus),
        Msg::Link(server, msg) => link::on_msg(model, server, msg),
        Msg::Stored(key) => outbox::on_stored(model, &key),
        Msg::NotStored(key, reason) => outbox::on_store_failed(model, &key, &reason),
        Msg::Restored(restored) => persistence::restore(model, *restored),
        Msg::EditorClosed(text) => composer::on_editor_closed(model, text),
        Msg::Notice { text, is_error } => model.set_notice(&text, is_error),
        Msg::Drawn(viewport) => navigation::on_drawn(model, viewport),
        Msg::Tick => timers::tick(model),
    }
    after_update(model);
    std::mem::take(&mut model.effects)
}

/// What follows from any change.
fn after_update(model: &mut Model) {
    outbox::flush(model);
    reading::mark_visible_as_read(model);
    link::request_names(model);
    overlay::edit_history::refresh(model);
}

fn on_focus(model: &mut Model, has_focus: bool) {
    model.has_focus = has_focus;
    if has_focus {
        timers::mark_active(model);
    }
}

fn on_typed(model: &mut Model, c: char) {
    match (&model.overlay, model.focus) {
        (Some(_), _) => overlay::on_typed(model, c),
        (None, Focus::Composer) => composer::insert(model, c.encode_utf8(&mut [0; 4])),
        // A selected message takes only the keys that mean something there.
        (None, Focus::Message(_)) => {}
    }
}

fn on_pasted(model: &mut Model, text: &str) {
    match (&model.overlay, model.focus) {
        (Some(_), _) => text.chars().filter(|c| !c.is_control()).for_each(|c| overlay::on_typed(model, c)),
        (None, Focus::Composer) => composer::paste(model, text),
        (None, Focus::Message(_)) => {
            model.focus = Focus::Composer;
            composer::paste(model, text);
        }
    }
}

#[expect(clippy::too_many_lines, reason = "it routes, a line for each action")]
pub(super) fn act(model: &mut Model, action: Action) {
    use composer::Deletion;
    match action {
        Action::Help => overlay::open_help(model),
        Action::SwitchRoom => overlay::open_switcher(model, ""),
        Action::NextUnread => navigation::next_unread(model),
        Action::NextMention => navigation::next_mention(model),
        Action::NextRoom => navigation::open_neighbour(model, 1),
        Action::PreviousRoom => navigation::open_neighbour(model, -1),
        Action::PageUp => navigation::page(model, -1),
        Action::PageDown => navigation::page(model, 1),
        Action::ScrollUp => navigation::scroll(model, -3),
        Action::ScrollDown => navigation::scroll(model, 3),
        Action::Oldest => navigation::oldest(model),
        Action::Newest => navigation::newest(model),
        Action::MarkRead => reading::mark_read(model),
        Action::MarkUnread => reading::mark_unread(model),
        Action::ToggleRooms => model.panes.toggle(Pane::Rooms, model.viewport.fold),
        Action::TogglePeople => model.panes.toggle(Pane::People, model.viewport.fold),
        Action::Redraw => model.effects.push(Effect::Redraw),
        Action::Suspend => model.effects.push(Effect::Suspend),
        Action::Quit => quit(model),

        Action::Send => composer::send(model),
        Action::Newline => composer::insert(model, "\n"),
        Action::Complete => composer::complete(model, 1),
        Action::CompleteBack => composer::complete(model, -1),
        Action::Editor => composer::open_editor(model),
        Action::HistoryPrevious => composer::history_previous(model),
        Action::HistoryNext => composer::history_next(model),
        Action::CursorUp => composer::up(model),
        Action::CursorDown => composer::down(model),
        Action::CursorLeft => composer::move_cursor(model, super::Editor::left),
        Action::CursorRight => composer::move_cursor(model, super::Editor::right),
        Action::WordLeft => composer::move_cursor(model, super::Editor::word_left),
        Action::WordRight => composer::move_cursor(model, super::Editor::word_right),
        Action::LineStart => composer::move_cursor(model, super::Editor::to_line_start),
        Action::LineEnd => composer::move_cursor(model, super::Editor::to_line_end),
        Action::DeleteLeft => composer::delete(model, Deletion::Left),
        Action::DeleteRight => composer::delete(model, Deletion::Right),
        Action::DeleteWordLeft => composer::delete(model, Deletion::WordLeft),
        Action::DeleteWordRight => composer::delete(model, Deletion::WordRight),
        Action::DeleteToStart => composer::delete(model, Deletion::ToStart),
        Action::DeleteToEnd => composer::delete(model, Deletion::ToEnd),
        Action::PutBack => composer::put_back(model),
        Action::Cancel => composer::cancel(model),
        Action::Interrupt => composer::interrupt(model),

        Action::SelectUp => messages::select(model, -1),
        Action::SelectDown => messages::select(model, 1),
        Action::EditMessage => messages::edit(model),
        Action::DeleteMessage => messages::ask_to_delete(model),
        Action::Versions => messages::show_versions(model),
        Action::CopyMessage => messages::copy(model),
        Action::Retry => messages::retry(model),
        Action::Discard => messages::discard(model),
        Action::Back => model.focus = Focus::Composer,

        Action::ListUp => overlay::step(model, -1),
        Action::ListDown => overlay::step(model, 1),
        Action::Choose => overlay::choose(model),
        Action::Close => model.overlay = None,

        Action::Join
        | Action::Create
        | Action::Leave
        | Action::Topic
        | Action::Describe
        | Action::SendEphemeral
        | Action::SendPersistent
        | Action::SendCode
        | Action::Online
        | Action::Away
        | Action::Dnd
        | Action::Rsvp
        | Action::Info
        | Action::Theme => commands::run(model, action, ""),
    }
}

pub(super) fn quit(model: &mut Model) {
    persistence::save_all(model);
    model.effects.push(Effect::Quit);
}
