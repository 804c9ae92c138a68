//! Counts what is unread, marks as read what is visible, and notifies of messages meant for the user.
//! Must not know how messages arrive or are drawn.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::{Seq, UserId};
use chat_proto::message::{Item, Message};
use chat_proto::presence::Availability;
use chat_proto::request::Read;
use chat_proto::room::ReadMarker;
use chat_proto::time::UnixMillis;
use chat_proto::unread::UnreadEphemeral;

use super::room::{Room, Scroll};
use crate::app::parts::outcomes::Outcomes;
use crate::app::parts::server::{NOT_CONNECTED, Server};
use crate::app::state::attention::Attention;
use crate::app::state::effect::Effect;
use crate::app::state::outcome::Outcome;
use crate::app::state::purpose::Purpose;
use crate::app::state::timeline_entry::TimelineEntry;
use crate::app::state::viewport::Viewport;
use crate::text::SafeText;

impl Room {
    /// Whether the user is looking at the messages.
    fn is_looked_at(&self, attention: Attention) -> bool {
        attention.open == Some(self.key) && attention.has_focus && !attention.is_covered
    }

    /// Whether the user is looking at the newest messages.
    fn is_being_read(&self, attention: Attention) -> bool {
        self.is_looked_at(attention) && self.scroll == Scroll::End
    }

    /// A page of changes arrived. A message on it may have been posted and changed since the counts were taken: only the
    /// server knows whether it was counted.
    pub(super) fn doubt_counts(&mut self, items: &[Item], now: UnixMillis) {
        let is_counted = |item: &Item| item.content.is_persistent_message_place();
        if items.iter().any(|item| is_counted(item) && self.reading.is_after_counts(item.changed)) {
            self.reading.recount(now);
        }
    }

    /// A message arrived, new or changed. Counts it if it is unread.
    pub(super) fn count(&mut self, item: &Item, message: &Message, server: &Server, attention: Attention) {
        let Some(me) = server.my_id() else { return };
        // A message is read as it comes if the newest ones are visible and none above them is unread. Of those that come
        // after an outage, some may be above the visible part: looking at the drawn ones reads them.
        let is_read = self.is_being_read(attention) && self.following.is_current() && self.reading.unread() == 0;
        if !is_read || self.reading.is_marked_unread {
            self.reading.count(me, item, message, server.now(attention.now));
        }
        if message.expires_at.is_none() {
            self.reading.counted(item.changed);
        }
    }

    /// A message was deleted.
    pub(super) fn uncount(&mut self, item: &Item, me: Option<UserId>) {
        let content = self.timeline.get(item.seq).and_then(TimelineEntry::content);
        let known = content.map(|content| (content.expires_at().is_some(), content.mentions_me));
        self.reading.uncount(item, known, Some(item.by) == me);
    }

    /// A new message arrived: someone else's may be below the line "new", and worth a notification. One that expires may
    /// be gone before the user looks at its room, so it is announced although the terminal has the keyboard.
    pub(super) fn announce(
        &mut self,
        item: &Item,
        message: &Message,
        (server, attention): (&Server, Attention),
        out: &mut Outcomes,
    ) {
        let me = server.my_id();
        if Some(item.by) == me {
            return;
        }
        // The line "new" stands where the user stopped looking.
        let is_open = attention.open == Some(self.key);
        let is_visible = self.is_being_read(attention);
        if is_open && !is_visible && self.reading.new_after.is_none() {
            self.reading.new_after = Some(Seq(item.seq.0.saturating_sub(1)));
        }
        let is_for_me = self.is_direct() || me.is_some_and(|me| message.mentions.contains(&me));
        let is_dnd = me.is_some_and(|me| server.presence(me).availability == Availability::Dnd);
        let is_urgent = message.expires_at.is_some() && !is_visible;
        if is_for_me && !is_dnd && (is_urgent || !attention.has_focus) {
            out.effect(self.notification(item, message, server));
            if is_urgent && attention.has_focus {
                self.show_announcement(item, server, out);
            }
        }
    }

    /// Shows the notice of an ephemeral message. It may stay longer than the message, so it names no text.
    fn show_announcement(&self, item: &Item, server: &Server, out: &mut Outcomes) {
        let author = server.name(item.by);
        if self.is_direct() {
            return out.show_info(&format!("{} sent you a direct message that expires.", author.as_str()));
        }
        let room = self.title(|id| server.name(id), server.my_id());
        let text = format!("{} mentions you in #{}; the message expires.", author.as_str(), room.as_str());
        out.push(Outcome::ShowMention(text));
    }

    fn notification(&self, item: &Item, message: &Message, server: &Server) -> Effect {
        let room = self.title(|id| server.name(id), server.my_id());
        let title = format!("{} in #{}", server.name(item.by).as_str(), room.as_str());
        let body: String = message.body.as_str().chars().take(200).collect();
        Effect::Notify { title: SafeText::line(&title), body: SafeText::line(&body) }
    }

    /// Marks the messages in sight as read while the user looks at the room.
    pub fn mark_visible_as_read(&mut self, server: &Server, attention: Attention, viewport: &Viewport) {
        // The last frame may be older than the end of what lay over the messages.
        let is_looked_at = self.is_looked_at(attention) && !viewport.is_covered;
        // A restored room lacks its ephemeral messages: they are not visible yet.
        let is_whole = self.following.is_current() && !self.backlog.is_restored;
        if is_looked_at && is_whole && !self.reading.is_marked_unread {
            let before = self.reading.marker.read_seq;
            self.read_in_sight(viewport, server.my_id());
            // Without a connection it is for the next sign-in, perhaps after a restart.
            if !server.is_ready() && self.reading.marker.read_seq != before {
                self.saving.is_saved = false;
            }
        }
    }

    /// Sends the read marker if the server does not know it, at most once a second.
    pub fn send_read_marker_if_due(&mut self, server: &Server, now: UnixMillis, out: &mut Outcomes) {
        if server.is_ready() && self.reading.next_send().is_some_and(|at| at <= now) {
            self.send_read_marker(now, out);
        }
    }

    fn send_read_marker(&mut self, now: UnixMillis, out: &mut Outcomes) {
        self.reading.on_sent(now);
        let read = Read { room: self.key.room, seq: Some(self.reading.marker.read_seq), rewind: false };
        out.ask(self.key.server, read, Purpose::Nothing);
    }

    /// The user marks the room as read: its newest messages are shown.
    pub fn mark_read(&mut self, now: UnixMillis, out: &mut Outcomes) {
        if self.reading.unread() > 0 {
            self.scroll_to_newest();
        }
        self.reading.read_up_to(self.following.applied());
        self.reading.new_after = None;
        self.reading.is_marked_unread = false;
        self.send_read_marker(now, out);
    }

    /// The user marks the room as unread, from the `selected` message on, or from the last one.
    pub fn mark_unread(&mut self, selected: Option<Seq>, server: &Server, out: &mut Outcomes) {
        if !server.is_ready() {
            return out.show_error(NOT_CONNECTED);
        }
        let Some(marker) = self.marker_before(selected, server.my_id()) else {
            return out.show_info("No messages from other people here.");
        };
        let read = Read { room: self.key.room, seq: Some(marker.read_seq), rewind: true };
        self.reading.mark_unread(marker);
        out.ask(self.key.server, read, Purpose::UserAction("could not mark as unread"));
        out.show_info("Marked as unread.");
    }

    /// The read marker that makes a message the first unread one; the last message if none is selected. One's own
    /// messages are never unread. `None` if there is no message by anyone else.
    fn marker_before(&self, selected: Option<Seq>, me: Option<UserId>) -> Option<ReadMarker> {
        let others = self.timeline.entries().iter().filter(|entry| entry.content().is_some() && Some(entry.by) != me);
        let from = selected.or(others.clone().next_back().map(|entry| entry.seq))?;
        let read_seq = Seq(from.0.saturating_sub(1));
        let after = others.filter(|entry| entry.seq > read_seq);
        let mut marker = ReadMarker { read_seq, ..ReadMarker::default() };
        let mut ephemeral = Vec::new();
        for (seq, content) in after.filter_map(|entry| Some((entry.seq, entry.content()?))) {
            let is_mention = content.mentions_me;
            if let Some(expires_at) = content.expires_at() {
                ephemeral.push(UnreadEphemeral { seq, expires_at, is_mention });
            } else {
                marker.unread += 1;
                marker.mentions += u32::from(is_mention);
            }
        }
        Some(marker.with_ephemeral(ephemeral))
    }

    /// Asks for the counts if they are in doubt.
    pub fn ask_counts_if_due(&mut self, server: &Server, now: UnixMillis, out: &mut Outcomes) {
        if !server.is_ready() || self.reading.next_count().is_none_or(|due| due > now) {
            return;
        }
        self.reading.on_asked(now);
        // Moves nothing, also where another device has just moved the marker back.
        let read = Read { room: self.key.room, seq: Some(Seq::ZERO), rewind: false };
        out.ask(self.key.server, read, Purpose::Counts(self.key));
    }
}
