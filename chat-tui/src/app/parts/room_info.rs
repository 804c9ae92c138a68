//! The details of a room while they are shown. Must not know how they were asked for, or drawn.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::{RoomId, Seq};
use chat_proto::request::{RoomInfo, RoomInfoAnswer};
use chat_proto::room::{Rsvp, RsvpCounts};

use super::outcomes::Outcomes;
use super::overlays::{Overlay, Overlays};
use crate::app::state::purpose::Purpose;
use crate::app::state::room_key::RoomKey;

impl Overlays {
    /// Shows a room's details.
    pub fn open_info(&mut self, info: RoomInfoAnswer) {
        self.open = Some(Overlay::Info { info: Box::new(info), top: 0 });
    }

    /// Takes a room's details again, if they are still open.
    pub fn on_info(&mut self, info: RoomInfoAnswer) {
        if let Some(shown) = self.shown_info(info.listing.room.id) {
            *shown = info;
        }
    }

    /// A member of a room has answered: open details show the new counts, and one's `own` answer.
    pub fn on_rsvp(&mut self, room: RoomId, seq: Seq, own: Option<Rsvp>, counts: RsvpCounts) {
        if let Some(info) = self.shown_info(room).filter(|info| info.head < seq) {
            info.head = seq;
            info.rsvp = counts;
            info.own_rsvp = own.unwrap_or(info.own_rsvp);
        }
    }

    /// A member has left a room, and perhaps taken an answer along: open details are loaded again.
    pub fn on_leave(&mut self, room_key: RoomKey, seq: Seq, out: &mut Outcomes) {
        if self.shown_info(room_key.room).is_some_and(|info| info.head < seq) {
            out.ask(room_key.server, RoomInfo { room: room_key.room }, Purpose::UpdatedInfo);
        }
    }

    /// The details of a room, if they are open.
    fn shown_info(&mut self, room: RoomId) -> Option<&mut RoomInfoAnswer> {
        match &mut self.open {
            Some(Overlay::Info { info, .. }) if info.listing.room.id == room => Some(info),
            Some(
                Overlay::Info { .. }
                | Overlay::Switcher(_)
                | Overlay::HistorySearch(_)
                | Overlay::Links(_)
                | Overlay::Help { .. }
                | Overlay::Deletion { .. }
                | Overlay::EditHistory(_),
            )
            | None => None,
        }
    }
}
