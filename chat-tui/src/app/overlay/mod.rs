//! What lies over the screen: lists to choose from, help, questions.

pub(super) mod edit_history;
mod switcher;

use chat_proto::ids::Seq;
use chat_proto::request::{ListRooms, RoomInfoAnswer, RoomsPage};

pub use edit_history::EditHistory;
pub use switcher::{Switcher, SwitcherLine};

use super::answers::Purpose;
use super::editor::Editor;
use super::messages;
use super::model::Model;
use super::navigation;
use super::room_key::{RoomKey, ServerKey};
use crate::text::SafeText;

/// What lies over the screen.
#[derive(Debug)]
pub enum Overlay {
    /// Rooms, found by a few letters.
    Switcher(Switcher),
    /// The keys and commands.
    Help {
        /// The first line in sight.
        top: usize,
    },
    /// A room.
    Info(Box<RoomInfoAnswer>),
    /// Whether a message shall be deleted.
    Deletion {
        /// Where.
        room_key: RoomKey,
        /// Which.
        seq: Seq,
        /// Its beginning.
        text: SafeText,
    },
    /// What a message said before.
    EditHistory(EditHistory),
}

/// Opens the list of rooms.
pub(super) fn open_switcher(model: &mut Model, query: &str) {
    let server = model.current.map_or(ServerKey::FIRST, |room_key| room_key.server);
    if model.is_ready(server) {
        model.ask(server, ListRooms { after: None, limit: 200 }, Purpose::RoomList);
    }
    let mut switcher = Switcher::new(query);
    switcher.find(model);
    model.overlay = Some(Overlay::Switcher(switcher));
}

/// The rooms one may join have come.
pub(super) fn on_room_list(model: &mut Model, server: ServerKey, page: RoomsPage) {
    if let Some(Overlay::Switcher(mut switcher)) = model.overlay.take() {
        switcher.add_rooms(server, page.rooms);
        switcher.find(model);
        model.overlay = Some(Overlay::Switcher(switcher));
    }
}

/// Opens the help.
pub(super) fn open_help(model: &mut Model) {
    model.overlay = Some(Overlay::Help { top: 0 });
}

/// Shows a room.
pub(super) fn open_info(model: &mut Model, info: RoomInfoAnswer) {
    let server = model.current.map_or(ServerKey::FIRST, |room_key| room_key.server);
    if let Some(server) = model.server_mut(server) {
        server.add_users(&info.users);
    }
    model.overlay = Some(Overlay::Info(Box::new(info)));
}

/// Asks whether a message shall be deleted.
pub(super) fn open_deletion(model: &mut Model, room_key: RoomKey, seq: Seq, text: &str) {
    model.overlay = Some(Overlay::Deletion { room_key, seq, text: SafeText::line(text) });
}

/// The line one types in, where the overlay has one.
pub(super) fn query(model: &mut Model) -> Option<&mut Editor> {
    match &mut model.overlay {
        Some(Overlay::Switcher(switcher)) => Some(&mut switcher.query),
        Some(Overlay::Help { .. } | Overlay::Info(_) | Overlay::Deletion { .. } | Overlay::EditHistory(_)) | None => {
            None
        }
    }
}

/// The line one types in has changed.
pub(super) fn query_changed(model: &mut Model) {
    if let Some(Overlay::Switcher(mut switcher)) =
        model.overlay.take_if(|overlay| matches!(overlay, Overlay::Switcher(_)))
    {
        switcher.find(model);
        model.overlay = Some(Overlay::Switcher(switcher));
    }
}

/// A key that types.
pub(super) fn on_typed(model: &mut Model, c: char) {
    match &mut model.overlay {
        Some(Overlay::Switcher(switcher)) => {
            switcher.query.insert(c.encode_utf8(&mut [0; 4]));
            query_changed(model);
        }
        Some(Overlay::Deletion { .. }) if c == 'y' => choose(model),
        Some(Overlay::Deletion { .. }) if c == 'n' => model.overlay = None,
        Some(Overlay::Help { .. } | Overlay::Info(_) | Overlay::EditHistory(_)) if c == 'q' => model.overlay = None,
        Some(Overlay::Help { .. } | Overlay::Info(_) | Overlay::Deletion { .. } | Overlay::EditHistory(_)) | None => {}
    }
}

/// The line above or below.
pub(super) fn step(model: &mut Model, step: isize) {
    match &mut model.overlay {
        Some(Overlay::Switcher(switcher)) => switcher.step(step),
        Some(Overlay::Help { top } | Overlay::EditHistory(EditHistory { top, .. })) => {
            *top = (*top).min(model.viewport.last_top).saturating_add_signed(step);
        }
        Some(Overlay::Info(_) | Overlay::Deletion { .. }) | None => {}
    }
}

/// Takes the chosen line, or says yes.
pub(super) fn choose(model: &mut Model) {
    match model.overlay.take() {
        Some(Overlay::Switcher(switcher)) => open_line(model, switcher.chosen()),
        Some(Overlay::Deletion { room_key, seq, .. }) => messages::delete(model, room_key, seq),
        Some(Overlay::Help { .. } | Overlay::Info(_) | Overlay::EditHistory(_)) | None => {}
    }
}

/// Takes a line that was clicked.
pub(super) fn choose_line(model: &mut Model, line: usize) {
    if let Some(Overlay::Switcher(switcher)) = &mut model.overlay {
        switcher.select(line);
        choose(model);
    }
}

fn open_line(model: &mut Model, line: Option<SwitcherLine>) {
    match line {
        Some(line) if line.is_member => navigation::open(model, line.room_key),
        Some(line) => {
            let join = chat_proto::request::Join { room: line.room_key.room };
            model.ask(line.room_key.server, join, Purpose::Enter);
        }
        None => {}
    }
}
