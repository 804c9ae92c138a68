//! Opens what lies over the screen, and steers it. Must not know what is done with a choice.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::{Seq, UserId};
use chat_proto::request::{Join, ListRooms, RoomInfo, RoomInfoAnswer, RoomsPage};
use chat_proto::room::{Rsvp, RsvpCounts};

use super::switcher;
use crate::action::ListAction;
use crate::app::model::Model;
use crate::app::parts::overlays::{EditHistory, Overlay, Switcher, SwitcherLine};
use crate::app::parts::server::Server;
use crate::app::state::outcome::Outcome;
use crate::app::state::purpose::Purpose;
use crate::app::state::room_key::{RoomKey, ServerKey};
use crate::text::SafeText;

/// Rooms listed to choose from.
const ROOMS_MAX: u32 = 200;

/// Does an action on the open list.
pub fn act(model: &mut Model, action: ListAction) -> Option<Outcome> {
    match action {
        ListAction::ListUp => step(model, -1),
        ListAction::ListDown => step(model, 1),
        ListAction::Choose => return choose(model),
        ListAction::Close => model.overlay = None,
    }
    None
}

/// Opens the list of rooms.
pub fn open_switcher(model: &mut Model, query: &str) {
    let server = model.current.map_or(ServerKey::FIRST, |room_key| room_key.server);
    if model.is_ready(server) {
        model.ask(server, ListRooms { after: None, limit: ROOMS_MAX }, Purpose::RoomList);
    }
    model.overlay = Some(Overlay::Switcher(Switcher::new(query)));
    switcher::find(model);
}

/// Adds the rooms that this account could join to the open list.
pub fn on_room_list(model: &mut Model, server: ServerKey, page: RoomsPage) {
    if let Some(Overlay::Switcher(switcher)) = &mut model.overlay {
        switcher.add_rooms(server, page.rooms);
        switcher::find(model);
    }
}

/// Opens help.
pub fn open_help(model: &mut Model) {
    model.overlay = Some(Overlay::Help { top: 0 });
}

/// Shows a room's details.
pub fn open_info(model: &mut Model, info: RoomInfoAnswer) {
    let server = model.current.map_or(ServerKey::FIRST, |room_key| room_key.server);
    if let Some(server) = model.server_mut(server) {
        server.add_users(&info.users);
    }
    model.overlay = Some(Overlay::Info(Box::new(info)));
}

/// Takes a room's details again, if they are still open.
pub fn on_info(model: &mut Model, server: ServerKey, info: RoomInfoAnswer) {
    let room_key = RoomKey { server, room: info.listing.room.id };
    if let Some(shown) = shown_info(model, room_key) {
        *shown = info;
    }
}

/// A member of a room has answered: open details show the new counts.
pub fn on_rsvp(model: &mut Model, room_key: RoomKey, seq: Seq, (by, answer, counts): (UserId, Rsvp, RsvpCounts)) {
    let is_own = model.servers.get(&room_key.server).and_then(Server::my_id) == Some(by);
    if let Some(info) = shown_info(model, room_key).filter(|info| info.head < seq) {
        info.head = seq;
        info.rsvp = counts;
        if is_own {
            info.own_rsvp = answer;
        }
    }
}

/// A member has left a room, and perhaps taken an answer along: open details are loaded again.
pub fn on_leave(model: &mut Model, room_key: RoomKey, seq: Seq) {
    if shown_info(model, room_key).is_some_and(|info| info.head < seq) {
        model.ask(room_key.server, RoomInfo { room: room_key.room }, Purpose::UpdatedInfo);
    }
}

/// The details of a room, if they are open.
fn shown_info(model: &mut Model, room_key: RoomKey) -> Option<&mut RoomInfoAnswer> {
    let is_current_server = model.current.map_or(ServerKey::FIRST, |current| current.server) == room_key.server;
    match &mut model.overlay {
        Some(Overlay::Info(info)) if is_current_server && info.listing.room.id == room_key.room => Some(info),
        Some(
            Overlay::Info(_)
            | Overlay::Switcher(_)
            | Overlay::Help { .. }
            | Overlay::Deletion { .. }
            | Overlay::EditHistory(_),
        )
        | None => None,
    }
}

/// Asks whether to delete a message.
pub fn open_deletion(model: &mut Model, room_key: RoomKey, seq: Seq, text: &str) {
    model.overlay = Some(Overlay::Deletion { room_key, seq, text: SafeText::line(text) });
}

/// The query of the open list was edited.
pub fn on_query_changed(model: &mut Model) {
    switcher::find(model);
}

/// A character was typed.
pub fn on_typed(model: &mut Model, c: char) -> Option<Outcome> {
    match &mut model.overlay {
        Some(Overlay::Switcher(list)) => {
            list.query.insert(c.encode_utf8(&mut [0; 4]));
            switcher::find(model);
        }
        Some(Overlay::Deletion { .. }) if c == 'y' => return choose(model),
        Some(Overlay::Deletion { .. }) if c == 'n' => model.overlay = None,
        Some(Overlay::Help { .. } | Overlay::Info(_) | Overlay::EditHistory(_)) if c == 'q' => model.overlay = None,
        Some(Overlay::Help { .. } | Overlay::Info(_) | Overlay::Deletion { .. } | Overlay::EditHistory(_)) | None => {}
    }
    None
}

/// Moves by lines, in a list or a text.
pub fn step(model: &mut Model, step: isize) {
    match &mut model.overlay {
        Some(Overlay::Switcher(switcher)) => switcher.step(step),
        Some(Overlay::Help { top } | Overlay::EditHistory(EditHistory { top, .. })) => {
            *top = (*top).min(model.viewport.last_top).saturating_add_signed(step);
        }
        Some(Overlay::Info(_) | Overlay::Deletion { .. }) | None => {}
    }
}

/// Takes the selected line, or confirms the question.
fn choose(model: &mut Model) -> Option<Outcome> {
    match model.overlay.take() {
        Some(Overlay::Switcher(switcher)) => enter(model, &switcher.chosen()?),
        Some(Overlay::Deletion { room_key, seq, .. }) => Some(Outcome::DeleteMessage(room_key, seq)),
        Some(Overlay::Help { .. } | Overlay::Info(_) | Overlay::EditHistory(_)) | None => None,
    }
}

/// Takes a clicked line.
pub fn choose_line(model: &mut Model, line: usize) -> Option<Outcome> {
    let Some(Overlay::Switcher(switcher)) = &mut model.overlay else { return None };
    switcher.select(line);
    choose(model)
}

fn enter(model: &mut Model, line: &SwitcherLine) -> Option<Outcome> {
    if line.is_member {
        return Some(Outcome::OpenRoom(line.room_key));
    }
    model.ask(line.room_key.server, Join { room: line.room_key.room }, Purpose::Enter);
    None
}
