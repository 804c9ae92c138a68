//! Loads the past of a room, its members and its trending words. Must not know what changes meanwhile.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::{Seq, UserId};
use chat_proto::request::{self, HistoryPage, Members, MembersPage, Trending};
use chat_proto::time::UnixMillis;

use super::backlog::History;
use super::room::{Room, Scroll};
use crate::app::parts::outcomes::Outcomes;
use crate::app::parts::server::Server;
use crate::app::state::purpose::Purpose;

/// Messages loaded when a room is opened: a server has so many in memory.
const FIRST_PAGE: u32 = 50;
/// Messages loaded at once when scrolling back.
const HISTORY_PAGE: u32 = 100;
/// Trending words shown.
const TRENDING_SHOWN: u32 = 12;

impl Room {
    /// Loads what an open room shows: its end, its people, its trending words. Once per connection.
    pub fn load(&mut self, server: &Server, out: &mut Outcomes) {
        if self.backlog.history != History::NotRequested || !server.is_ready() {
            return;
        }
        self.request_page(None, server, out);
        let (key, limits) = (self.key, &server.limits);
        let members = Members { room: key.room, after: None, limit: limits.page_max };
        let trending = Trending { room: key.room, limit: limits.trending_max.min(TRENDING_SHOWN) };
        out.ask(key.server, members, Purpose::Members(key));
        out.ask(key.server, trending, Purpose::Trending(key));
    }

    /// Loads the page before the oldest loaded message, if there is one.
    pub fn load_older(&mut self, server: &Server, out: &mut Outcomes) {
        if self.backlog.history == History::More && server.is_ready() {
            self.request_page(Some(self.timeline.floor()), server, out);
        }
    }

    fn request_page(&mut self, before: Option<Seq>, server: &Server, out: &mut Outcomes) {
        self.backlog.history = History::Requested;
        // A place further back needs more than the end.
        let wanted = match (self.scroll, before) {
            (Scroll::At { .. }, _) => u32::MAX,
            (Scroll::End, None) => FIRST_PAGE,
            (Scroll::End, Some(_)) => HISTORY_PAGE,
        };
        let limit = server.limits.page_max.min(wanted);
        let history = request::History { room: self.key.room, before, limit };
        out.ask(self.key.server, history, Purpose::History(self.key));
    }

    /// Loads the next older page while the place to show, or a mention, is not loaded.
    pub fn load_to_place(&mut self, server: &Server, out: &mut Outcomes) {
        if !self.is_place_loaded() {
            self.load_older(server, out);
        }
    }

    /// Takes an older page, or the room's end. Returns whether the end is to be loaded again if the room is open: the
    /// room was reset after the page was requested.
    pub fn on_history(&mut self, page: &HistoryPage, me: Option<UserId>, server_now: UnixMillis) -> bool {
        match self.backlog.history {
            History::Requested => {
                self.prepend((&page.items, &page.joins), page.next_before.unwrap_or(Seq::ZERO), me);
                self.timeline.expire(server_now);
                self.seek_mention(me);
                false
            }
            History::Dropped => {
                self.backlog.history = History::NotRequested;
                true
            }
            // A page that is no longer wanted could leave a hole above it.
            History::NotRequested | History::More | History::Complete => false,
        }
    }

    /// Takes the members of the room.
    pub fn on_members(&mut self, page: &MembersPage) {
        self.info.members = page.total;
        self.people.online = page.has_more.then_some(page.online);
        self.people.members = page.members.iter().map(|member| member.user.id).collect();
    }
}
