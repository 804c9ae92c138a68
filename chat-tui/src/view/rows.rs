//! Builds the rows of each timeline entry: separators, groups, wrapped text. Must not know which rows are visible.

use std::rc::Rc;

use chat_proto::room::Rsvp;
use chat_proto::time::UnixMillis;

use super::cache::{RenderCache, WrappedText};
use super::delivery_status::{is_often_brief, note};
use super::join_summary::Joins;
use super::row::{Columns, Lead, Line, Row, name_for, text_width};
use super::{join_summary, time};
use crate::action::{Action, KeyContext};
use crate::app::{DeliveryStatus, EntryKind, Model, PendingPost, Room, RoomEvent, RoomKey, Server, TimelineEntry};
use crate::text::wrap_words;
use crate::theme::{Role, Theme};

/// Length of a group in milliseconds. Messages of one author in the same span of this length share a group, so that the
/// start of a group depends only on the previous row.
const GROUP_MS: i64 = 5 * 60 * 1_000;

/// The facts from which rows are built.
pub(super) struct RowBuilder<'a> {
    pub(super) model: &'a Model,
    pub(super) theme: &'a Theme,
    pub(super) room_key: RoomKey,
    pub(super) room: &'a Room,
    pub(super) server: &'a Server,
    pub(super) columns: Columns,
    pub(super) me: Option<Rc<str>>,
}

impl RowBuilder<'_> {
    /// Returns the number of entries: the timeline, followed by the unacknowledged posts.
    pub(super) fn len(&self) -> usize {
        self.room.timeline.entries().len() + self.room.writing.pending.len()
    }

    /// Returns the rows of one entry; none if it is hidden.
    pub(super) fn rows(&self, index: usize, cache: &mut RenderCache) -> Vec<Row> {
        let entries = self.room.timeline.entries();
        match entries.get(index) {
            Some(entry) => self.entry(index, entry, cache),
            None => match self.room.writing.pending.get(index - entries.len()) {
                Some(pending) => self.pending(index - entries.len(), pending),
                None => Vec::new(),
            },
        }
    }

    fn entry(&self, index: usize, entry: &TimelineEntry, cache: &mut RenderCache) -> Vec<Row> {
        let before = self.shown_before(index);
        let content = match &entry.kind {
            EntryKind::Expired => return Vec::new(),
            EntryKind::Event(_)
                if entry.is_join_or_leave() && before.is_some_and(|before| self.is_same_join_run(before, entry)) =>
            {
                return Vec::new();
            }
            EntryKind::Event(event) => self.event_rows(&self.event(index, entry, event)),
            EntryKind::Deleted => self.note(entry, before, "message deleted"),
            EntryKind::Damaged => self.note(entry, before, "damaged message"),
            EntryKind::Message(_) if self.model.deletions.contains(self.room_key, entry.seq) => {
                self.note(entry, before, &format!("message deleted · {} takes it back", self.undo_key()))
            }
            EntryKind::Message(_) => self.message(entry, before, cache),
        };
        let mut rows = self.separators(entry, before);
        rows.extend(content);
        rows
    }

    /// Returns the key that takes a deletion back, as it is bound.
    fn undo_key(&self) -> &str {
        let keys = self.model.setup.keys.get(&(KeyContext::Everywhere, Action::Undo));
        keys.and_then(|keys| keys.first()).map_or("/undo", String::as_str)
    }

    /// Returns the last visible entry before `index`.
    fn shown_before(&self, index: usize) -> Option<&TimelineEntry> {
        let is_shown = |entry: &&TimelineEntry| !matches!(entry.kind, EntryKind::Expired);
        self.room.timeline.entries().range(..index).rev().find(is_shown)
    }

    fn separators(&self, entry: &TimelineEntry, before: Option<&TimelineEntry>) -> Vec<Row> {
        let zone = &self.model.setup.zone;
        let mut rows = Vec::new();
        let day = time::day(entry.at, zone);
        if let Some(day) = day.filter(|_| before.is_none_or(|before| time::day(before.at, zone) != day)) {
            rows.push(Row::Day(time::day_name(day, self.model.now, zone)));
        }
        if self.is_first_new(entry) {
            rows.push(Row::New);
        }
        rows
    }

    /// Returns whether the line "new" precedes an entry. One's own messages, from any device, are never new.
    fn is_first_new(&self, entry: &TimelineEntry) -> bool {
        let is_own = |entry: &TimelineEntry| Some(entry.by) == self.server.my_id();
        let Some(after) = self.room.reading.new_after.filter(|after| entry.seq > *after && !is_own(entry)) else {
            return false;
        };
        let entries = self.room.timeline.entries();
        let at = self.room.timeline.position(entry.seq).unwrap_or_else(|at| at);
        let mut since = entries.range(..at).rev().take_while(|before| before.seq > after);
        since.all(|before| is_own(before) || matches!(before.kind, EntryKind::Expired))
    }

    /// Returns whether an entry belongs to the group of the entry before it.
    fn is_same_group(&self, entry: &TimelineEntry, before: Option<&TimelineEntry>) -> bool {
        before.is_some_and(|before| {
            before.by == entry.by
                && matches!(before.kind, EntryKind::Message(_) | EntryKind::Deleted | EntryKind::Damaged)
                && is_same_span(before.at, entry.at)
                && self.separators(entry, Some(before)).is_empty()
        })
    }

    /// Returns the author and time of a group.
    pub(super) fn lead(&self, by: chat_proto::ids::UserId, at: UnixMillis) -> Lead {
        let name = self.server.name(by);
        let style = if self.server.my_id() == Some(by) {
            self.theme.style(Role::MessageAuthorSelf)
        } else {
            self.theme.style(Role::MessageAuthor).patch(self.theme.person(by.0))
        };
        Lead { time: time::clock(at, &self.model.setup.zone), name: name_for(self.columns, name.as_str()), style }
    }

    fn message(&self, entry: &TimelineEntry, before: Option<&TimelineEntry>, cache: &mut RenderCache) -> Vec<Row> {
        let Some(content) = entry.content() else { return Vec::new() };
        let width = text_width(self.columns, content.code().is_some(), content.expires_at().is_some());
        let wrapped = cache.wrapped((self.room_key, entry.seq), content, width);
        let now = self.model.server_now(self.room_key);
        let countdown = content.expires_at().map(|end| time::countdown(end.since_ms(now)));
        let lead = (!self.is_same_group(entry, before)).then(|| self.lead(entry.by, entry.at));
        let line = Line {
            lead: None,
            range: 0..0,
            is_code: content.code().is_some(),
            base: Role::MessageBody,
            mentions_me: content.mentions_me,
            countdown,
            me: self.me.clone(),
            wrapped,
        };
        self.lines(lead, &line)
    }

    fn note(&self, entry: &TimelineEntry, before: Option<&TimelineEntry>, text: &str) -> Vec<Row> {
        let lead = (!self.is_same_group(entry, before)).then(|| self.lead(entry.by, entry.at));
        let wrapped = Rc::new(WrappedText::of(text, "", false, self.columns.body_width));
        let line = Line {
            lead: None,
            range: 0..0,
            is_code: false,
            base: Role::MessageNote,
            mentions_me: false,
            countdown: None,
            me: None,
            wrapped,
        };
        self.lines(lead, &line)
    }

    /// Returns the rows of a text, with the lead beside the first row, or above it in a narrow list.
    fn lines(&self, lead: Option<Lead>, pattern: &Line) -> Vec<Row> {
        let mut rows = Vec::with_capacity(pattern.wrapped.lines.len() + 1);
        let mut lead = lead;
        if self.columns.name.is_none()
            && let Some(lead) = lead.take()
        {
            rows.push(Row::Head(lead));
        }
        for (index, range) in pattern.wrapped.lines.iter().enumerate() {
            let mut line = pattern.clone();
            line.range = range.clone();
            if index == 0 {
                line.lead = lead.take();
            } else {
                line.mentions_me = false;
                line.countdown = None;
            }
            rows.push(Row::Line(line));
        }
        rows
    }

    fn pending(&self, index: usize, pending: &PendingPost) -> Vec<Row> {
        let status = self.model.delivery_status(self.room, pending);
        let role = match status {
            DeliveryStatus::Failed(_) => Role::MessageFailed,
            _ => Role::MessagePending,
        };
        // A short delay shows no note.
        let is_fresh = self.model.now.since_ms(pending.at) < 1_000 && is_often_brief(&status);
        let note = if is_fresh { String::new() } else { note(&status) };
        let is_code = pending.code.is_some();
        let wrapped = WrappedText::of(pending.text.as_str(), &note, is_code, text_width(self.columns, is_code, false));
        let line = Line {
            lead: None,
            range: 0..0,
            is_code,
            base: role,
            mentions_me: false,
            countdown: None,
            me: None,
            wrapped: Rc::new(wrapped),
        };
        let entries = self.room.timeline.entries();
        let continues = match index {
            0 => self.shown_before(entries.len()).is_some_and(|last| {
                Some(last.by) == self.server.my_id()
                    && matches!(last.kind, EntryKind::Message(_))
                    && is_same_span(last.at, self.sent_at(pending))
            }),
            index => is_same_span(self.room.writing.pending[index - 1].at, pending.at),
        };
        let lead = self.server.my_id().filter(|_| !continues).map(|me| self.lead(me, pending.at));
        self.lines(lead, &line)
    }

    /// Returns when a message was written, by the server's clock.
    fn sent_at(&self, pending: &PendingPost) -> UnixMillis {
        self.server.now(pending.at)
    }

    /// Returns whether `before` is a join or leave of the same day, whose row includes `entry`.
    fn is_same_join_run(&self, before: &TimelineEntry, entry: &TimelineEntry) -> bool {
        before.is_join_or_leave() && self.separators(entry, Some(before)).is_empty()
    }

    /// Returns the rows of an event, none of which is cut.
    fn event_rows(&self, text: &str) -> Vec<Row> {
        let lines = wrap_words(text, usize::from(self.columns.body_width)).into_iter();
        lines.map(|line| Row::Event(text[line].to_owned())).collect()
    }

    fn event(&self, index: usize, entry: &TimelineEntry, event: &RoomEvent) -> String {
        let name = self.server.name(entry.by);
        let name = name.as_str();
        match event {
            RoomEvent::Join | RoomEvent::Leave | RoomEvent::Joins(_) => self.join_summary(index),
            RoomEvent::Topic(Some(topic)) => format!("{name} set the topic: {}", topic.as_str()),
            RoomEvent::Topic(None) => format!("{name} cleared the topic"),
            RoomEvent::Description(true) => format!("{name} changed the description"),
            RoomEvent::Description(false) => format!("{name} cleared the description"),
            RoomEvent::Renamed(new) => format!("{name} renamed the room to #{}", new.as_str()),
            RoomEvent::Rsvp(Rsvp::Attending) => format!("{name} is attending"),
            RoomEvent::Rsvp(Rsvp::Interested) => format!("{name} is interested"),
            RoomEvent::Rsvp(Rsvp::None) => format!("{name} does not take part"),
        }
    }

    /// Summarizes the joins and leaves from `index` on in one line.
    fn join_summary(&self, index: usize) -> String {
        let entries = self.room.timeline.entries();
        let mut run = Vec::new();
        let mut before: Option<&TimelineEntry> = None;
        for entry in entries.range(index..).filter(|entry| !matches!(entry.kind, EntryKind::Expired)) {
            let EntryKind::Event(event) = &entry.kind else { break };
            let joins = match event {
                RoomEvent::Join => Joins::One(entry.by, true),
                RoomEvent::Leave => Joins::One(entry.by, false),
                RoomEvent::Joins(condensed) => Joins::Condensed(condensed),
                RoomEvent::Topic(_) | RoomEvent::Description(_) | RoomEvent::Renamed(_) | RoomEvent::Rsvp(_) => break,
            };
            if before.is_some_and(|before| !self.is_same_join_run(before, entry)) {
                break;
            }
            run.push(joins);
            before = Some(entry);
        }
        let name_of = |id| self.server.name(id).as_str().to_owned();
        join_summary::summarize(&run, name_of, usize::from(self.columns.body_width))
    }
}

fn is_same_span(one: UnixMillis, other: UnixMillis) -> bool {
    one.0.div_euclid(GROUP_MS) == other.0.div_euclid(GROUP_MS)
}
