//! Brings an action to the part that does it. Must not do it itself.

#![deny(clippy::disallowed_methods)]

use super::model::Model;
use super::sign_in;
use crate::action::{Action, ActionGroup, MessageAction, ScreenAction, WritingAction};
use crate::app::parts::commands::{self, Surroundings};
use crate::app::parts::deletion::deletion;
use crate::app::parts::first_keys::FirstKey;
use crate::app::parts::open_room::OpenRoom;
use crate::app::parts::outcomes::Outcomes;
use crate::app::parts::server::Server;
use crate::app::state::effect::Effect;
use crate::app::state::outcome::{Outcome, Selected};
use crate::app::state::pane::Pane;
use crate::app::state::viewport::Viewport;

/// Does an action.
pub fn act(model: &mut Model, action: Action, out: &mut Outcomes) {
    if sign_in::act(model, action, out) {
        return;
    }
    if let Some(key) = FirstKey::of(action) {
        model.first_keys.on_used(key, model.navigation.server(), out);
    }
    match action.group() {
        ActionGroup::Screen(action) => act_on_screen(model, action, out),
        ActionGroup::Writing(action) => act_on_text(model, action, out),
        ActionGroup::Message(action) => act_on_message(model, action, out),
        ActionGroup::List(action) => model.overlays.act(action, &model.viewport, out),
        ActionGroup::Command(_) => {
            run(model, action, "", out);
        }
    }
}

/// Carries out a slash command with its argument. Returns whether it was right.
pub fn run(model: &Model, action: Action, argument: &str, out: &mut Outcomes) -> bool {
    let Some(server) = model.server() else { return false };
    let at = Surroundings { current: model.room().map(|(_, room)| room), server, rooms: &model.rooms };
    commands::run(action, argument, &at, out)
}

/// A step within a message that is taller than the screen moves the view.
fn act_on_message(model: &mut Model, action: MessageAction, out: &mut Outcomes) {
    if let Some(lines) = model.focus.lines_within(action, &model.viewport) {
        return scroll(model, lines, out);
    }
    let before = model.focus;
    let open = OpenRoom::find(&mut model.rooms, &model.servers, model.navigation.current);
    model.focus.act(action, open, &model.viewport, out);
    model.view_leads &= model.focus == before;
}

/// Deletions go to the text under the cursor, which may be the query of a list; everything else goes to the draft.
fn act_on_text(model: &mut Model, action: WritingAction, out: &mut Outcomes) {
    if model.overlays.open.is_some()
        && let Some(deletion) = deletion(action)
    {
        return model.overlays.delete(deletion, out);
    }
    // Arrows move in the offered candidates; while sent texts are gone through, they go on with that.
    let is_arrow = [WritingAction::CursorUp, WritingAction::CursorDown].contains(&action);
    let step = if action == WritingAction::CursorUp { -1 } else { 1 };
    if is_arrow
        && !model.composer.history.is_browsing()
        && (model.composer.completing.under_way().is_some() || model.candidates().is_some())
    {
        return out.push(Outcome::Complete(step));
    }
    let open = OpenRoom::find(&mut model.rooms, &model.servers, model.navigation.current);
    model.composer.act(action, open, model.now, out);
}

fn act_on_screen(model: &mut Model, action: ScreenAction, out: &mut Outcomes) {
    match action {
        ScreenAction::Help => model.overlays.open_help(),
        ScreenAction::SwitchRoom => out.push(Outcome::OpenSwitcher(String::new())),
        ScreenAction::NextUnread => go_to_next_unread(model, out),
        ScreenAction::NextMention => go_to_next_mention(model, out),
        ScreenAction::NextRoom => open_neighbour(model, 1, out),
        ScreenAction::PreviousRoom => open_neighbour(model, -1, out),
        ScreenAction::PageUp => scroll(model, -page(&model.viewport), out),
        ScreenAction::PageDown => scroll(model, page(&model.viewport), out),
        ScreenAction::ScrollUp => scroll(model, -3, out),
        ScreenAction::ScrollDown => scroll(model, 3, out),
        ScreenAction::Oldest => scroll_to_oldest(model, out),
        ScreenAction::Newest => scroll_to_newest(model, out),
        ScreenAction::MarkRead => mark_read(model, out),
        ScreenAction::MarkAllRead => mark_all_read(model, out),
        ScreenAction::MarkUnread => mark_unread(model, out),
        ScreenAction::ToggleRooms => model.panes.toggle(Pane::Rooms, model.viewport.fold),
        ScreenAction::TogglePeople => model.panes.toggle(Pane::People, model.viewport.fold),
        ScreenAction::Redraw => out.effect(Effect::Redraw),
        ScreenAction::Suspend => out.effect(Effect::Suspend),
        ScreenAction::Undo => undo(model, out),
        ScreenAction::Quit => out.push(Outcome::Quit),
    }
}

/// Goes to the first unread message if it is above the visible part, otherwise to the next room with one.
fn go_to_next_unread(model: &mut Model, out: &mut Outcomes) {
    let me = model.server().and_then(Server::my_id);
    if model.room().is_some_and(|(_, room)| room.has_unread_above(&model.viewport, me)) {
        return go_to_first_unread(model, out);
    }
    let is_wanted = |room_key| model.rooms.get(&room_key).is_some_and(|room| room.reading.unread() > 0);
    match model.navigation.next_that(&model.listed(), is_wanted) {
        Some(room_key) => out.push(Outcome::OpenRoom(room_key)),
        None => out.show_info("Nothing is unread."),
    }
}

/// Shows the first unread message of the open room.
pub fn go_to_first_unread(model: &mut Model, out: &mut Outcomes) {
    if let Some(open) = model.open_room() {
        open.room.go_to_first_unread();
    }
    out.push(Outcome::FocusComposer);
}

/// Goes to the next mention of the open room, otherwise to that of the next room with one.
fn go_to_next_mention(model: &Model, out: &mut Outcomes) {
    let is_wanted = |room_key| model.rooms.get(&room_key).is_some_and(|room| room.reading.mentions() > 0);
    let current = model.navigation.current.filter(|current| is_wanted(*current));
    if let Some(current) = current {
        return out.push(Outcome::GoToMention(current));
    }
    match model.navigation.next_that(&model.listed(), is_wanted) {
        Some(room_key) => {
            out.push(Outcome::OpenRoom(room_key));
            out.push(Outcome::GoToMention(room_key));
        }
        None => out.show_info("Nobody mentions you."),
    }
}

fn open_neighbour(model: &Model, step: isize, out: &mut Outcomes) {
    if let Some(room_key) = model.navigation.neighbour(step, &model.listed()) {
        out.push(Outcome::OpenRoom(room_key));
    }
}

/// Lines of a page: two rows of the former one stay in sight.
fn page(viewport: &Viewport) -> i32 {
    i32::from(viewport.rows.saturating_sub(2).max(1))
}

/// Scrolls the open room by lines; negative is back. A selection goes along; where the room ends, to its end.
pub fn scroll(model: &mut Model, lines: i32, out: &mut Outcomes) {
    if let Some(open) = OpenRoom::find(&mut model.rooms, &model.servers, model.navigation.current) {
        open.room.scroll_by(lines, &model.viewport);
    }
    model.view_leads = model.focus.selected().is_some();
    let is_at_start = model.viewport.is_at_start && model.viewport.top.is_none_or(|(_, row)| row == 0);
    if lines < 0 && is_at_start {
        move_selection(model, Selected::First, out);
    } else if lines > 0 && model.viewport.is_at_end {
        move_selection(model, Selected::Last, out);
    }
}

fn scroll_to_oldest(model: &mut Model, out: &mut Outcomes) {
    if model.open_room().is_some_and(|open| open.room.scroll_to_oldest()) {
        move_selection(model, Selected::First, out);
    }
}

/// Scrolls the open room to its newest message.
pub fn scroll_to_newest(model: &mut Model, out: &mut Outcomes) {
    if let Some(open) = model.open_room() {
        open.room.scroll_to_newest();
    }
    move_selection(model, Selected::Last, out);
}

/// Moves the selection along, if there is one.
fn move_selection(model: &Model, selected: Selected, out: &mut Outcomes) {
    if model.focus.selected().is_some() {
        out.push(Outcome::Select(selected));
    }
}

/// Takes the last deletion back; if none waits, the last change of the draft.
fn undo(model: &mut Model, out: &mut Outcomes) {
    if model.deletions.take_back() {
        return out.show_info("The message stays.");
    }
    let open = OpenRoom::find(&mut model.rooms, &model.servers, model.navigation.current);
    if !model.composer.undo(open, model.now, out) {
        out.show_info("There is nothing to undo.");
    }
}

fn mark_read(model: &mut Model, out: &mut Outcomes) {
    let now = model.now;
    if let Some(open) = model.open_room() {
        open.room.mark_read(now, out);
    }
}

fn mark_all_read(model: &mut Model, out: &mut Outcomes) {
    let now = model.now;
    let unread: Vec<_> = model.rooms.values_mut().filter(|room| room.reading.marker.unread > 0).collect();
    match unread.len() {
        0 => out.show_info("Nothing is unread."),
        1 => out.show_info("Marked one room as read."),
        rooms => out.show_info(&format!("Marked {rooms} rooms as read.")),
    }
    for room in unread {
        room.mark_read(now, out);
    }
}

fn mark_unread(model: &mut Model, out: &mut Outcomes) {
    let selected = model.focus.selected();
    if let Some(open) = model.open_room() {
        open.room.mark_unread(selected, open.server, out);
    }
}
