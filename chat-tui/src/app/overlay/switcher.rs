//! Rooms found by a few letters of their names: one's own first, then those one may join.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use chat_proto::request::RoomListing;

use crate::app::editor::Editor;
use crate::app::model::Model;
use crate::app::room_key::{RoomKey, ServerKey};
use crate::text::SafeText;

/// One room in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitcherLine {
    /// Which.
    pub room_key: RoomKey,
    /// Its name.
    pub name: SafeText,
    /// Its topic.
    pub topic: Option<SafeText>,
    /// Whether one is in it.
    pub is_member: bool,
    /// What is unread in it.
    pub unread: u32,
    /// What of it names this account.
    pub mentions: u32,
    /// The characters of the name that were found.
    pub found: Vec<u32>,
}

/// The list and what was typed.
#[derive(Debug)]
pub struct Switcher {
    /// What was typed.
    pub query: Editor,
    /// What was found, best first.
    pub lines: Vec<SwitcherLine>,
    /// The chosen line.
    pub selected: usize,
    joinable: Vec<(ServerKey, RoomListing)>,
}

impl Switcher {
    /// A list for what was typed; empty until [`Self::find`].
    pub(super) fn new(query: &str) -> Self {
        Self { query: Editor::with(query), lines: Vec::new(), selected: 0, joinable: Vec::new() }
    }

    /// Rooms one may join.
    pub(super) fn add_rooms(&mut self, server: ServerKey, listings: Vec<RoomListing>) {
        self.joinable = listings.into_iter().filter(|listing| !listing.is_member).map(|it| (server, it)).collect();
    }

    /// Finds what was typed.
    pub(super) fn find(&mut self, model: &Model) {
        let text = self.query.text().trim().trim_start_matches('#');
        let pattern = Pattern::parse(text, CaseMatching::Ignore, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut found: Vec<(u32, SwitcherLine)> = Vec::new();
        for mut line in self.all(model) {
            let mut buffer = Vec::new();
            let name = Utf32Str::new(line.name.as_str(), &mut buffer);
            if let Some(score) = pattern.indices(name, &mut matcher, &mut line.found) {
                found.push((score, line));
            }
        }
        // What waits for the person first, then what fits best; one's own before others.
        let is_asked = !text.is_empty();
        found.sort_by(|(a_score, a), (b_score, b)| {
            let by_score = b_score.cmp(a_score);
            let by_news = (b.mentions, b.unread > 0).cmp(&(a.mentions, a.unread > 0));
            let by_fit = if is_asked { by_score } else { by_news };
            b.is_member.cmp(&a.is_member).then(by_fit).then_with(|| a.name.as_str().cmp(b.name.as_str()))
        });
        self.lines = found.into_iter().map(|(_, line)| line).collect();
        self.selected = 0;
    }

    fn all(&self, model: &Model) -> Vec<SwitcherLine> {
        let own = model.listed().into_iter().filter_map(|room_key| {
            let room = model.rooms.get(&room_key)?;
            Some(SwitcherLine {
                room_key,
                name: model.title(room_key),
                topic: room.info.topic.as_ref().map(|topic| SafeText::line(topic.text.as_str())),
                is_member: true,
                unread: room.read_marker.unread,
                mentions: room.read_marker.mentions,
                found: Vec::new(),
            })
        });
        let others = self.joinable.iter().filter_map(|(server, listing)| {
            let room = &listing.room;
            Some(SwitcherLine {
                room_key: RoomKey { server: *server, room: room.id },
                name: SafeText::line(room.name.as_ref()?.as_str()),
                topic: room.topic.as_ref().map(|topic| SafeText::line(topic.text.as_str())),
                is_member: false,
                unread: 0,
                mentions: 0,
                found: Vec::new(),
            })
        });
        let others: Vec<_> = others.filter(|line| !model.rooms.contains_key(&line.room_key)).collect();
        own.chain(others).collect()
    }

    /// The line above or below, around the ends.
    pub(super) fn step(&mut self, step: isize) {
        if !self.lines.is_empty() {
            self.selected = (self.selected + self.lines.len()).wrapping_add_signed(step) % self.lines.len();
        }
    }

    /// Chooses a line.
    pub(super) fn select(&mut self, line: usize) {
        self.selected = line.min(self.lines.len().saturating_sub(1));
    }

    /// The chosen line.
    pub(super) fn chosen(&self) -> Option<SwitcherLine> {
        self.lines.get(self.selected).cloned()
    }
}
