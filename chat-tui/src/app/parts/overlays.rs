//! The overlays of the screen, of which one may be open: lists to choose from, help, questions. Must not know what is done
//! with a choice.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::Seq;
use chat_proto::request::{ListRooms, RoomInfoAnswer, RoomsPage};
use chat_proto::time::UnixMillis;

use super::deletion::Deletion;
use super::editor::Editor;
use super::outcomes::Outcomes;
use super::server::Server;
use super::switcher::Switcher;
use crate::action::ListAction;
use crate::app::state::outcome::Outcome;
use crate::app::state::purpose::Purpose;
use crate::app::state::room_key::{RoomKey, ServerKey};
use crate::app::state::viewport::Viewport;
use crate::text::SafeText;

/// Rooms listed to choose from.
const ROOMS_MAX: u32 = 200;

/// More lines than any list has.
const END: isize = 1 << 20;

/// A window over the screen.
#[derive(Debug)]
pub enum Overlay {
    /// Rooms, found by a few letters.
    Switcher(Switcher),
    /// The keys and commands.
    Help {
        /// The index of the first visible line.
        top: usize,
        /// The words to look for.
        query: Editor,
    },
    /// The details of a room.
    Info(Box<RoomInfoAnswer>),
    /// Asks whether to delete a message.
    Deletion {
        /// The message's room.
        room_key: RoomKey,
        /// The message's number.
        seq: Seq,
        /// The beginning of its text.
        text: SafeText,
    },
    /// The earlier texts of a message.
    EditHistory(EditHistory),
}

impl Overlay {
    /// The line that takes typed text; `None` if this overlay has none.
    pub(in crate::app) fn query_mut(&mut self) -> Option<&mut Editor> {
        match self {
            Self::Switcher(switcher) => Some(&mut switcher.query),
            Self::Help { query, .. } => Some(query),
            Self::Info(_) | Self::Deletion { .. } | Self::EditHistory(_) => None,
        }
    }
}

/// The earlier texts of a message.
#[derive(Clone, Debug)]
pub struct EditHistory {
    /// The message's room.
    pub room_key: RoomKey,
    /// The message's number.
    pub seq: Seq,
    /// Each text and when it was replaced, by the server's clock; oldest first.
    pub texts: Vec<(SafeText, UnixMillis)>,
    /// The message's last change when the texts were requested.
    pub(super) changed: Seq,
    /// The index of the first visible row.
    pub top: usize,
}

/// The overlays: at most one is open.
#[derive(Debug, Default)]
pub struct Overlays {
    /// The open one.
    pub open: Option<Overlay>,
}

impl Overlays {
    /// Does an action on the open overlay as it was drawn.
    pub fn act(&mut self, action: ListAction, viewport: &Viewport, out: &mut Outcomes) {
        let page = viewport.page.max(2) as isize - 1;
        let last_top = viewport.last_top;
        match action {
            ListAction::ListUp => self.step(-1, last_top),
            ListAction::ListDown => self.step(1, last_top),
            ListAction::ListPageUp => self.jump(-page, last_top),
            ListAction::ListPageDown => self.jump(page, last_top),
            ListAction::ListFirst => self.jump(-END, last_top),
            ListAction::ListLast => self.jump(END, last_top),
            ListAction::Choose => self.choose(out),
            ListAction::Close => self.close(),
        }
    }

    /// Closes the open overlay.
    pub fn close(&mut self) {
        self.open = None;
    }

    /// Opens the list of rooms with a query, and asks its server for the rooms that could be joined.
    pub fn open_switcher(&mut self, query: &str, server: &Server, out: &mut Outcomes) {
        if server.is_ready() {
            out.ask(server.key, ListRooms { after: None, limit: ROOMS_MAX }, Purpose::RoomList);
        }
        self.open = Some(Overlay::Switcher(Switcher::new(query)));
        out.push(Outcome::FindRooms);
    }

    /// Adds the rooms that this account could join to the open list.
    pub fn on_room_list(&mut self, server: ServerKey, page: RoomsPage, out: &mut Outcomes) {
        if let Some(Overlay::Switcher(switcher)) = &mut self.open {
            switcher.add_rooms(server, page.rooms);
            out.push(Outcome::FindRooms);
        }
    }

    /// The open list of rooms.
    pub fn switcher_mut(&mut self) -> Option<&mut Switcher> {
        match &mut self.open {
            Some(Overlay::Switcher(switcher)) => Some(switcher),
            Some(Overlay::Help { .. } | Overlay::Info(_) | Overlay::Deletion { .. } | Overlay::EditHistory(_))
            | None => None,
        }
    }

    /// Opens help.
    pub fn open_help(&mut self) {
        self.open = Some(Overlay::Help { top: 0, query: Editor::default() });
    }

    /// Asks whether to delete a message.
    pub fn ask_to_delete(&mut self, room_key: RoomKey, seq: Seq, text: &str) {
        self.open = Some(Overlay::Deletion { room_key, seq, text: SafeText::line(text) });
    }

    /// Deletes from the query of the open list.
    pub fn delete(&mut self, deletion: Deletion, out: &mut Outcomes) {
        let Some(query) = self.open.as_mut().and_then(Overlay::query_mut) else { return };
        if let Some(killed) = deletion(query) {
            out.push(Outcome::KeepKilled(killed));
        }
        self.show_first_line();
        out.push(Outcome::FindRooms);
    }

    /// Help that shows other lines than before shows them from the first.
    fn show_first_line(&mut self) {
        if let Some(Overlay::Help { top, .. }) = &mut self.open {
            *top = 0;
        }
    }

    /// A character was typed.
    pub fn on_typed(&mut self, c: char, out: &mut Outcomes) {
        match &mut self.open {
            Some(Overlay::Switcher(list)) => {
                list.query.insert(c.encode_utf8(&mut [0; 4]));
                out.push(Outcome::FindRooms);
            }
            Some(Overlay::Help { query, .. }) => {
                query.insert(c.encode_utf8(&mut [0; 4]));
                self.show_first_line();
            }
            Some(Overlay::Deletion { .. }) => self.answer_deletion(c, out),
            Some(Overlay::Info(_) | Overlay::EditHistory(_)) if c == 'q' => self.close(),
            Some(Overlay::Info(_) | Overlay::EditHistory(_)) | None => {}
        }
    }

    /// Only `y` deletes. Any other letter is the beginning of a sentence meant for the input box.
    fn answer_deletion(&mut self, c: char, out: &mut Outcomes) {
        let Some(Overlay::Deletion { room_key, seq, .. }) = self.open.take() else { return };
        match c {
            'y' => out.push(Outcome::DeleteMessage(room_key, seq)),
            'n' => {}
            c => out.push(Outcome::Write(c.to_string())),
        }
    }

    /// Moves by lines, in a list or a text.
    pub fn step(&mut self, step: isize, last_top: usize) {
        match &mut self.open {
            Some(Overlay::Switcher(switcher)) => switcher.step(step),
            Some(Overlay::Help { top, .. } | Overlay::EditHistory(EditHistory { top, .. })) => {
                *top = (*top).min(last_top).saturating_add_signed(step).min(last_top);
            }
            Some(Overlay::Info(_) | Overlay::Deletion { .. }) | None => {}
        }
    }

    /// Moves by many lines; unlike a step, it never goes round.
    fn jump(&mut self, step: isize, last_top: usize) {
        match self.switcher_mut() {
            Some(switcher) => switcher.jump(step),
            None => self.step(step, last_top),
        }
    }

    /// Takes the selected line. A question is not confirmed by Enter, which may have ended a typed sentence: it closes.
    fn choose(&mut self, out: &mut Outcomes) {
        match self.open.take() {
            Some(Overlay::Switcher(switcher)) => switcher.enter(out),
            Some(Overlay::Help { .. } | Overlay::Info(_) | Overlay::Deletion { .. } | Overlay::EditHistory(_))
            | None => {}
        }
    }

    /// Takes a clicked line.
    pub fn choose_line(&mut self, line: usize, out: &mut Outcomes) {
        if let Some(switcher) = self.switcher_mut() {
            switcher.select(line);
            self.choose(out);
        }
    }
}
