//! Where a room opens, and where it goes: to the place where it was left, its first unread message, a mention. A place may
//! not be loaded yet; then it is kept, and older pages are loaded down to it. Must not know the size of the screen.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::{RoomId, Seq, UserId};

use super::room::{Room, Scroll};
use crate::app::state::place::Place;

/// Items kept of a room that is not open, and above the place where it was left.
const LOADED_MAX_CLOSED: usize = 500;
/// A place further back than so many changes is not sought: all the messages after it would have to be loaded.
const SOUGHT_MAX: u64 = 10_000;
/// Rows visible above a mention that the user goes to.
const ROWS_ABOVE: i32 = 3;

impl Room {
    /// The room was opened: at the place where it was left, or at its first unread message.
    pub fn on_opened(&mut self) {
        match self.scroll {
            Scroll::End => self.go_to_first_unread(),
            Scroll::At { .. } => self.show_new_line(),
        }
        self.reading.is_marked_unread = false;
    }

    /// Another room was opened instead.
    pub fn on_closed(&mut self) {
        self.reading.new_after = None;
        self.seeks_mention = false;
        let below = match self.scroll {
            Scroll::End => 0,
            Scroll::At { seq, .. } => {
                let at = self.timeline.position(seq).unwrap_or_else(|at| at);
                self.timeline.entries().len() - at
            }
        };
        self.trim(below + LOADED_MAX_CLOSED);
    }

    /// The server is back, with its counts, while the room is open. Its newest messages were visible: now it shows the
    /// first one that came meanwhile.
    pub fn on_returned(&mut self) {
        if self.reading.unread() > 0 && self.scroll == Scroll::End && !self.reading.is_marked_unread {
            self.go_to_first_unread();
        }
    }

    /// Shows the first unread message at the top, or the newest messages if there is none. If all of them fit, the view
    /// shows the newest, too.
    pub fn go_to_first_unread(&mut self) {
        self.seeks_mention = false;
        self.reading.is_marked_unread = false;
        self.show_new_line();
        self.scroll = match self.reading.unread() {
            0 => Scroll::End,
            _ => Scroll::At { seq: self.first_unread(), row: 0 },
        };
    }

    /// Goes to the next unread mention, which is read by that; once it is loaded if need be. Returns `false` if there is
    /// none.
    pub fn go_to_mention(&mut self, me: Option<UserId>) -> bool {
        self.show_new_line();
        self.seeks_mention = true;
        self.seek_mention(me)
    }

    /// Goes to the mention that is sought, if it is loaded. Returns `false` if there is none.
    pub(super) fn seek_mention(&mut self, me: Option<UserId>) -> bool {
        if !self.seeks_mention {
            return true;
        }
        let first_unread = self.first_unread();
        if self.timeline.floor() > first_unread || self.backlog.is_restored {
            // An older one may stand above those that are loaded.
            self.scroll = Scroll::At { seq: first_unread, row: 0 };
            return true;
        }
        self.seeks_mention = false;
        let found = self.loaded_unread(me).find_map(|(seq, is_mention)| is_mention.then_some(seq));
        if let Some(seq) = found {
            self.reading.visit(seq);
            self.scroll = Scroll::At { seq, row: -ROWS_ABOVE };
        }
        found.is_some()
    }

    /// The line "new" stands where the user stopped reading.
    fn show_new_line(&mut self) {
        if self.reading.unread() > 0 {
            self.reading.new_after = Some(self.reading.marker.read_seq);
        }
    }

    fn first_unread(&self) -> Seq {
        self.reading.marker.read_seq.next().max(self.oldest_sought())
    }

    fn oldest_sought(&self) -> Seq {
        Seq(self.following.applied().0.saturating_sub(SOUGHT_MAX))
    }

    /// Whether the place that is to be shown is loaded.
    pub fn is_place_loaded(&self) -> bool {
        match self.scroll {
            Scroll::End => true,
            Scroll::At { seq, .. } => seq >= self.timeline.floor(),
        }
    }

    /// Shows a place that an earlier run left.
    pub fn restore_place(&mut self, place: Place) {
        self.scroll = Scroll::At { seq: place.seq, row: place.row };
        self.saving.saved_place = Some(place);
    }

    /// Forgets a place that is too far back.
    pub(super) fn drop_distant_place(&mut self) {
        if let Scroll::At { seq, .. } = self.scroll
            && seq < self.oldest_sought()
        {
            self.scroll = Scroll::End;
        }
    }

    /// The place where the room is left; `None` at its end.
    fn place(&self) -> Option<Place> {
        match self.scroll {
            Scroll::End => None,
            Scroll::At { seq, row } => Some(Place { seq, row }),
        }
    }

    /// Whether the place on disk is another one.
    pub fn has_moved(&self) -> bool {
        self.place() != self.saving.saved_place
    }

    /// The place for the disk, if the one there is another.
    pub fn place_to_save(&mut self) -> Option<(RoomId, Option<Place>)> {
        if !self.has_moved() {
            return None;
        }
        self.saving.saved_place = self.place();
        Some((self.key.room, self.saving.saved_place))
    }
}
