//! The overlays of the screen, of which one may be open: lists to choose from, help, questions. Must not know what is done
//! with a choice.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::Seq;
use chat_proto::request::{ListRooms, RoomInfoAnswer, RoomsPage};
use chat_proto::time::UnixMillis;

use super::deletion::Deletion;
use super::editor::Editor;
use super::history_search::HistorySearch;
use super::link_list::LinkList;
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
    /// The lines sent before, found by pieces of them.
    HistorySearch(HistorySearch),
    /// The links of a message.
    Links(LinkList),
    /// The details of a room.
    Info {
        /// The details.
        info: Box<RoomInfoAnswer>,
        /// The index of the first visible row.
        top: usize,
    },
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
            Self::HistorySearch(search) => Some(&mut search.query),
            Self::Links(_) | Self::Info { .. } | Self::Deletion { .. } | Self::EditHistory(_) => None,
        }
    }

    /// The selected line of a list to choose from, and the number of its lines; `None` for a text or a question.
    fn selection_mut(&mut self) -> Option<(&mut usize, usize)> {
        match self {
            Self::Switcher(list) => Some((&mut list.selected, list.lines.len())),
            Self::HistorySearch(list) => Some((&mut list.selected, list.lines.len())),
            Self::Links(list) => Some((&mut list.selected, list.links.len())),
            Self::Help { .. } | Self::Info { .. } | Self::Deletion { .. } | Self::EditHistory(_) => None,
        }
    }

    /// The first visible row of a text.
    fn top_mut(&mut self) -> Option<&mut usize> {
        match self {
            Self::Help { top, .. } | Self::Info { top, .. } | Self::EditHistory(EditHistory { top, .. }) => Some(top),
            Self::Switcher(_) | Self::HistorySearch(_) | Self::Links(_) | Self::Deletion { .. } => None,
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

    /// A room was opened: an overlay about another one closes, and the list of rooms, unless no room was open yet: then
    /// nobody has chosen one.
    pub fn on_room_opened(&mut self, opened: RoomKey, is_first: bool) {
        let is_over = match &self.open {
            Some(Overlay::Switcher(_) | Overlay::HistorySearch(_) | Overlay::Links(_)) => !is_first,
            Some(Overlay::Info { info, .. }) => info.listing.room.id != opened.room,
            Some(Overlay::Deletion { room_key, .. } | Overlay::EditHistory(EditHistory { room_key, .. })) => {
                *room_key != opened
            }
            Some(Overlay::Help { .. }) | None => false,
        };
        if is_over {
            self.close();
        }
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
            Some(
                Overlay::Help { .. }
                | Overlay::HistorySearch(_)
                | Overlay::Links(_)
                | Overlay::Info { .. }
                | Overlay::Deletion { .. }
                | Overlay::EditHistory(_),
            )
            | None => None,
        }
    }

    /// Whether a list to choose from is open.
    pub fn is_list(&mut self) -> bool {
        self.open.as_mut().and_then(Overlay::selection_mut).is_some()
    }

    /// Opens the list of the lines sent before, the newest first.
    pub fn open_history_search<'a>(&mut self, newest_first: impl Iterator<Item = &'a str>) {
        self.open = Some(Overlay::HistorySearch(HistorySearch::new(newest_first)));
    }

    /// A line may have left the history: a list that still offers it closes.
    pub fn forget_input(&mut self) {
        self.open.take_if(|overlay| matches!(overlay, Overlay::HistorySearch(_)));
    }

    /// Opens a list of links.
    pub fn open_links(&mut self, links: Vec<String>) {
        self.open = Some(Overlay::Links(LinkList { links, selected: 0 }));
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
        self.on_query_changed(out);
    }

    /// Finds the lines that match the query now.
    fn on_query_changed(&mut self, out: &mut Outcomes) {
        match &mut self.open {
            Some(Overlay::Switcher(_)) => out.push(Outcome::FindRooms),
            Some(Overlay::HistorySearch(search)) => search.find(),
            // Other lines than before are shown from the first.
            Some(Overlay::Help { top, .. }) => *top = 0,
            Some(Overlay::Links(_) | Overlay::Info { .. } | Overlay::Deletion { .. } | Overlay::EditHistory(_))
            | None => {}
        }
    }

    /// A character was typed.
    pub fn on_typed(&mut self, c: char, out: &mut Outcomes) {
        if let Some(query) = self.open.as_mut().and_then(Overlay::query_mut) {
            query.insert(c.encode_utf8(&mut [0; 4]));
            return self.on_query_changed(out);
        }
        match &self.open {
            Some(Overlay::Deletion { .. }) => self.answer_deletion(c, out),
            Some(Overlay::Links(_)) => self.act_on_links(c, out),
            Some(Overlay::Info { .. } | Overlay::EditHistory(_)) if c == 'q' => self.close(),
            Some(
                Overlay::Switcher(_)
                | Overlay::Help { .. }
                | Overlay::HistorySearch(_)
                | Overlay::Info { .. }
                | Overlay::EditHistory(_),
            )
            | None => {}
        }
    }

    /// A number opens a link; the other letters mean what they mean for a selected message.
    fn act_on_links(&mut self, c: char, out: &mut Outcomes) {
        let Some(Overlay::Links(list)) = &mut self.open else { return };
        match c {
            'j' => self.step(1, 0),
            'k' => self.step(-1, 0),
            'o' => self.choose(out),
            'y' => {
                list.copy(out);
                self.close();
            }
            'q' => self.close(),
            number if list.select_number(number) => self.choose(out),
            _ => {}
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
        let Some(overlay) = &mut self.open else { return };
        if let Some((selected, lines)) = overlay.selection_mut() {
            // A list goes round at both ends.
            *selected = (*selected + lines).wrapping_add_signed(step).checked_rem(lines).unwrap_or_default();
        } else if let Some(top) = overlay.top_mut() {
            *top = (*top).min(last_top).saturating_add_signed(step).min(last_top);
        }
    }

    /// Moves by many lines; unlike a step, it never goes round.
    fn jump(&mut self, step: isize, last_top: usize) {
        match self.open.as_mut().and_then(Overlay::selection_mut) {
            Some((selected, lines)) => *selected = selected.saturating_add_signed(step).min(lines.saturating_sub(1)),
            None => self.step(step, last_top),
        }
    }

    /// Takes the selected line. A question is not confirmed by Enter, which may have ended a typed sentence: it closes.
    fn choose(&mut self, out: &mut Outcomes) {
        match self.open.take() {
            Some(Overlay::Switcher(switcher)) => switcher.enter(out),
            Some(Overlay::HistorySearch(search)) => {
                search.chosen().into_iter().for_each(|line| out.push(Outcome::Recall(line.to_owned())));
            }
            Some(Overlay::Links(list)) => list.open(out),
            Some(Overlay::Help { .. } | Overlay::Info { .. } | Overlay::Deletion { .. } | Overlay::EditHistory(_))
            | None => {}
        }
    }

    /// Takes a clicked line.
    pub fn choose_line(&mut self, line: usize, out: &mut Outcomes) {
        if let Some((selected, lines)) = self.open.as_mut().and_then(Overlay::selection_mut) {
            *selected = line.min(lines.saturating_sub(1));
            self.choose(out);
        }
    }
}
