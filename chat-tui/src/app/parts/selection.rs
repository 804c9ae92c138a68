//! Selects messages, and acts on the selected one. Must not know how an answer is shown.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::Seq;
use chat_proto::request::Versions;
use chat_proto::room::Role;

use super::open_room::OpenRoom;
use super::outcomes::Outcomes;
use super::rooms::room::{Room, Scroll};
use super::server::{LinkState, NOT_CONNECTED, Server};
use crate::action::MessageAction;
use crate::app::state::effect::Effect;
use crate::app::state::outcome::{Outcome, Selected};
use crate::app::state::purpose::Purpose;
use crate::app::state::room_key::RoomKey;
use crate::app::state::timeline_entry::TimelineEntry;
use crate::app::state::viewport::Viewport;
use crate::text::addresses;

/// The target of typed keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Focus {
    /// The input box.
    #[default]
    Composer,
    /// The selected message: keys act on it.
    Message(Seq),
}

impl Focus {
    /// The selected message.
    pub fn selected(self) -> Option<Seq> {
        match self {
            Self::Message(seq) => Some(seq),
            Self::Composer => None,
        }
    }

    /// Does an action on the selected message, or on the posts that were not sent.
    pub fn act(&mut self, action: MessageAction, open: Option<OpenRoom>, viewport: &Viewport, out: &mut Outcomes) {
        match (action, open) {
            (MessageAction::Back, _) => *self = Self::Composer,
            (MessageAction::SelectUp, Some(open)) => self.step(-1, open.room, viewport),
            (MessageAction::SelectDown, Some(open)) => self.step(1, open.room, viewport),
            (MessageAction::SelectGroupUp, Some(open)) => self.step_group(-1, open.room, viewport),
            (MessageAction::SelectGroupDown, Some(open)) => self.step_group(1, open.room, viewport),
            (MessageAction::EditMessage, open) => self.edit(open.as_ref(), out),
            (MessageAction::DeleteMessage, open) => self.ask_to_delete(open.as_ref(), out),
            (MessageAction::Versions, open) => self.show_versions(open.as_ref(), out),
            (MessageAction::CopyMessage, Some(open)) => self.copy(&open, out),
            (MessageAction::OpenLink, open) => self.open_link(open.as_ref(), out),
            (MessageAction::Retry, Some(mut open)) => retry(&mut open, out),
            (MessageAction::Discard, Some(open)) => open.room.discard_posts(out),
            (
                MessageAction::SelectUp
                | MessageAction::SelectDown
                | MessageAction::SelectGroupUp
                | MessageAction::SelectGroupDown
                | MessageAction::CopyMessage
                | MessageAction::Retry
                | MessageAction::Discard,
                None,
            ) => {}
        }
    }

    /// Selects a message of the open room.
    pub fn select(&mut self, selected: Selected, room: &mut Room, viewport: &Viewport) {
        let mut entries = room.timeline.entries().iter().filter(|entry| entry.content().is_some());
        let found = match selected {
            Selected::InSight => {
                let is_reading_back = room.scroll != Scroll::End && viewport.room_key == Some(room.key);
                let in_sight = viewport.last_whole.filter(|_| is_reading_back);
                let in_sight = in_sight.and_then(|seq| room.timeline.get(seq));
                in_sight.filter(|entry| entry.content().is_some()).or_else(|| entries.next_back())
            }
            Selected::First => entries.next(),
            Selected::Last => entries.next_back(),
        };
        *self = found.map_or(*self, |entry| Self::Message(entry.seq));
        self.hold_scroll(room, viewport);
    }

    /// The lines to scroll instead of a step, because the selected message continues beyond the screen there.
    pub fn lines_within(self, action: MessageAction, viewport: &Viewport) -> Option<i32> {
        let half = i32::from((viewport.rows / 2).max(1));
        let (is_above, is_below) = viewport.selected_continues;
        if action == MessageAction::SelectUp && is_above {
            return Some(-half);
        }
        (action == MessageAction::SelectDown && is_below).then_some(half)
    }

    /// Moves the selection to the nearest message in sight.
    pub fn follow_view(&mut self, viewport: &Viewport) {
        let Self::Message(selected) = *self else { return };
        let mut visible = viewport.targets.iter().filter_map(|(_, target)| target.message());
        let Some(first) = visible.clone().next() else { return };
        if !visible.any(|seq| seq == selected) {
            let below = viewport.last_whole.unwrap_or(first);
            *self = Self::Message(if selected < first { first } else { below });
        }
    }

    /// Selects the next message of another author.
    fn step_group(&mut self, step: isize, room: &mut Room, viewport: &Viewport) {
        let by = |focus: Self, room: &Room| Some(room.timeline.get(focus.selected()?)?.by);
        let author = by(*self, room);
        loop {
            let before = *self;
            self.step(step, room, viewport);
            if *self == before || *self == Self::Composer || by(*self, room) != author {
                return;
            }
        }
    }

    /// Selects the next message up or down; from the composer, the last one.
    fn step(&mut self, step: isize, room: &mut Room, viewport: &Viewport) {
        let entries = room.timeline.entries();
        let is_message = |entry: &&TimelineEntry| entry.content().is_some();
        let found = match *self {
            Self::Composer => entries.iter().rev().find(is_message),
            Self::Message(seq) => {
                let at = room.timeline.position(seq).unwrap_or_else(|at| at);
                if step < 0 {
                    entries.range(..at).rev().find(is_message)
                } else {
                    entries.range((at + 1).min(entries.len())..).find(is_message)
                }
            }
        };
        match (found, *self) {
            (Some(entry), _) => *self = Self::Message(entry.seq),
            // The input box is below the last message.
            (None, Self::Message(_)) if step > 0 => *self = Self::Composer,
            (None, _) => {}
        }
        self.hold_scroll(room, viewport);
    }

    /// Keeps new messages from moving the selection.
    fn hold_scroll(self, room: &mut Room, viewport: &Viewport) {
        let top = viewport.top.filter(|_| viewport.room_key == Some(room.key));
        let (Self::Message(_), Some((seq, row))) = (self, top) else { return };
        if room.scroll == Scroll::End {
            room.scroll = Scroll::At { seq, row };
        }
    }

    /// The message an action is about: the selected one, or one's own last one.
    fn target<'a>(self, open: &'a OpenRoom) -> Option<&'a TimelineEntry> {
        let timeline = &open.room.timeline;
        let me = open.server.my_id();
        match self {
            Self::Message(seq) => timeline.get(seq).filter(|entry| entry.content().is_some()),
            Self::Composer => {
                timeline.entries().iter().rev().find(|entry| entry.content().is_some() && Some(entry.by) == me)
            }
        }
    }

    /// The message an action is about, if this account may do it and the server is connected; otherwise says why not.
    fn target_that<'a>(
        self,
        open: Option<&'a OpenRoom>,
        may: fn(&TimelineEntry, &Room, &Server) -> bool,
        out: &mut Outcomes,
    ) -> Option<(RoomKey, &'a TimelineEntry)> {
        let Some((open, entry)) = open.and_then(|open| Some((open, self.target(open)?))) else {
            out.show_info("There is no message to do that with.");
            return None;
        };
        if !may(entry, open.room, open.server) {
            out.show_error("That message is someone else's.");
            return None;
        }
        if !open.server.is_ready() {
            out.show_error(NOT_CONNECTED);
            return None;
        }
        Some((open.room.key, entry))
    }

    /// Begins to edit a message.
    fn edit(self, open: Option<&OpenRoom>, out: &mut Outcomes) {
        if let Some((_, entry)) = self.target_that(open, may_edit, out) {
            out.push(Outcome::EditMessage(entry.seq, text_of(entry)));
        }
    }

    /// Asks whether to delete a message.
    fn ask_to_delete(self, open: Option<&OpenRoom>, out: &mut Outcomes) {
        if let Some((room_key, entry)) = self.target_that(open, may_delete, out) {
            out.push(Outcome::AskToDelete(room_key, entry.seq, text_of(entry)));
        }
    }

    /// Shows the earlier texts of a message, also of someone else's.
    fn show_versions(self, open: Option<&OpenRoom>, out: &mut Outcomes) {
        let found = open.and_then(|open| {
            let entry = self.target(open)?;
            Some((open, entry.seq, entry.content()?))
        });
        match found {
            None => out.show_info("There is no message to do that with."),
            Some((.., content)) if !content.is_edited => out.show_info("That message was not edited."),
            Some((.., content)) if content.expires_at().is_some() => {
                out.show_info("Ephemeral messages keep no edit history.");
            }
            Some((open, ..)) if !open.server.is_ready() => {
                out.show_error(NOT_CONNECTED);
            }
            Some((open, seq, _)) => {
                let key = open.room.key;
                out.ask(key.server, Versions { room: key.room, seq }, Purpose::Versions(key, seq));
            }
        }
    }

    /// Opens the link of the selected message, otherwise the newest one of the room; lets choose among several.
    fn open_link(self, open: Option<&OpenRoom>, out: &mut Outcomes) {
        let links_of =
            |entry: &TimelineEntry| entry.content().map_or_else(Vec::new, |content| addresses(&content.text));
        let links = open.map_or_else(Vec::new, |open| match self {
            Self::Message(seq) => open.room.timeline.get(seq).map_or_else(Vec::new, links_of),
            Self::Composer => {
                let newest_first = open.room.timeline.entries().iter().rev();
                newest_first.map(links_of).find(|links| !links.is_empty()).unwrap_or_default()
            }
        });
        let of = if self == Self::Composer { "in this room" } else { "in this message" };
        match links.len() {
            0 => out.show_info(&format!("There is no link {of}.")),
            1 => links.into_iter().for_each(|link| out.effect(Effect::OpenLink(link))),
            _ => out.push(Outcome::ChooseLink(links)),
        }
    }

    /// Copies the text of a message to the clipboard.
    fn copy(self, open: &OpenRoom, out: &mut Outcomes) {
        if let Some(content) = self.target(open).and_then(TimelineEntry::content) {
            out.effect(Effect::Copy(content.text.as_str().to_owned()));
            out.show_info("Copied.");
        }
    }
}

/// Whether this account may edit a message: its own.
pub fn may_edit(entry: &TimelineEntry, _: &Room, server: &Server) -> bool {
    Some(entry.by) == server.my_id()
}

/// Whether this account may delete a message: its own; a room's owner may take away an ephemeral message of others.
pub fn may_delete(entry: &TimelineEntry, room: &Room, server: &Server) -> bool {
    may_edit(entry, room, server) || (room.role == Role::Owner && entry.expires_at().is_some())
}

fn text_of(entry: &TimelineEntry) -> String {
    entry.content().map_or_else(String::new, |content| content.written().to_owned())
}

/// Retries the posts that failed, and reconnects at once if the server is disconnected.
fn retry(open: &mut OpenRoom, out: &mut Outcomes) {
    open.room.retry_posts();
    match open.server.link {
        LinkState::Down { .. } | LinkState::Denied { .. } => out.effect(Effect::RetryLink(open.server.key)),
        LinkState::SignedOut { .. } => out.push(Outcome::AskToSignIn(open.server.key)),
        LinkState::Connecting | LinkState::Ready => {}
    }
}
