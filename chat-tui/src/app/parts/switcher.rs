//! The list of rooms, found by a few letters of their names. Must not know how a room is opened or joined.

#![deny(clippy::disallowed_methods)]

use std::cmp::Reverse;
use std::collections::BTreeSet;

use chat_proto::request::{Join, RoomListing};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::editor::Editor;
use super::outcomes::Outcomes;
use super::rooms::room::Room;
use crate::app::state::outcome::Outcome;
use crate::app::state::purpose::Purpose;
use crate::app::state::room_key::{RoomKey, ServerKey};
use crate::text::SafeText;

/// One line of the list of rooms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitcherLine {
    /// The room.
    pub room_key: RoomKey,
    /// Its name.
    pub name: SafeText,
    /// Its topic.
    pub topic: Option<SafeText>,
    /// Whether this account is a member.
    pub is_member: bool,
    /// Unread messages.
    pub unread: u32,
    /// Unread messages that mention this account.
    pub mentions: u32,
    /// How many other rooms were opened since this one; `None` if it was not opened.
    pub recency: Option<usize>,
    /// Indices of the characters of the name that match the query.
    pub found: Vec<u32>,
}

impl SwitcherLine {
    /// A room of the account.
    pub(in crate::app) fn own(room: &Room, name: SafeText, recency: Option<usize>) -> Self {
        Self {
            room_key: room.key,
            name,
            topic: room.info.topic.as_ref().map(|topic| SafeText::line(topic.text.as_str())),
            is_member: true,
            unread: room.reading.unread(),
            mentions: room.reading.mentions(),
            recency,
            found: Vec::new(),
        }
    }

    /// A room that the account could join; `None` if it has no name.
    fn joinable(server: ServerKey, listing: &RoomListing) -> Option<Self> {
        let room = &listing.room;
        Some(Self {
            room_key: RoomKey { server, room: room.id },
            name: SafeText::line(room.name.as_ref()?.as_str()),
            topic: room.topic.as_ref().map(|topic| SafeText::line(topic.text.as_str())),
            is_member: false,
            unread: 0,
            mentions: 0,
            recency: None,
            found: Vec::new(),
        })
    }
}

/// The list of rooms and the query typed into it.
#[derive(Debug)]
pub struct Switcher {
    /// The query.
    pub query: Editor,
    /// The matching rooms, best first.
    pub lines: Vec<SwitcherLine>,
    /// The index of the selected line.
    pub selected: usize,
    /// Rooms that this account could join.
    joinable: Vec<(ServerKey, RoomListing)>,
}

impl Switcher {
    /// An empty list with a query; [`Self::find`] fills it.
    pub(in crate::app) fn new(query: &str) -> Self {
        Self { query: Editor::with(query), lines: Vec::new(), selected: 0, joinable: Vec::new() }
    }

    /// Replaces the rooms that could be joined.
    pub(in crate::app) fn add_rooms(&mut self, server: ServerKey, listings: Vec<RoomListing>) {
        self.joinable = listings.into_iter().filter(|listing| !listing.is_member).map(|it| (server, it)).collect();
    }

    /// Enters the selected room.
    pub(super) fn enter(&self, out: &mut Outcomes) {
        let Some(line) = self.lines.get(self.selected) else { return };
        if line.is_member {
            out.push(Outcome::OpenRoom(line.room_key));
        } else {
            out.ask(line.room_key.server, Join { room: line.room_key.room }, Purpose::Enter);
        }
    }

    /// Fills the list with the rooms that match the query: the account's `own`, and those it could join.
    pub(in crate::app) fn find(&mut self, own: Vec<SwitcherLine>) {
        self.lines = self.matching(own);
        self.selected = 0;
    }

    /// The matching rooms, best first.
    fn matching(&self, own: Vec<SwitcherLine>) -> Vec<SwitcherLine> {
        let text = self.query.text().trim().trim_start_matches('#');
        let pattern = Pattern::parse(text, CaseMatching::Ignore, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut found: Vec<(u32, SwitcherLine)> = Vec::new();
        for mut line in self.all(own) {
            let mut buffer = Vec::new();
            let name = Utf32Str::new(line.name.as_str(), &mut buffer);
            if let Some(score) = pattern.indices(name, &mut matcher, &mut line.found) {
                found.push((score, line));
            }
        }
        // Joined rooms first; then those that begin as typed, or those with news if nothing was typed; then those
        // opened last, and by match.
        let is_asked = !text.is_empty();
        found.sort_by_cached_key(|(score, line)| {
            let name = line.name.as_str().to_lowercase();
            let news = if is_asked { (0, false) } else { (line.mentions, line.unread > 0) };
            let begins = is_asked && name.starts_with(&text.to_lowercase());
            let is_whole = begins && name.len() == text.len();
            let first = (line.is_member, is_whole, begins, news);
            (Reverse(first), line.recency.unwrap_or(usize::MAX), Reverse(*score), name)
        });
        found.into_iter().map(|(_, line)| line).collect()
    }

    /// The account's rooms, then those it could join.
    fn all(&self, own: Vec<SwitcherLine>) -> Vec<SwitcherLine> {
        let known: BTreeSet<_> = own.iter().map(|line| line.room_key).collect();
        let others = self.joinable.iter().filter_map(|(server, listing)| SwitcherLine::joinable(*server, listing));
        let others = others.filter(|line| !known.contains(&line.room_key));
        own.into_iter().chain(others).collect()
    }
}
