//! Counts what is unread, marks as read what is visible, and notifies of messages meant for the user.
//! Must not know how messages arrive or are drawn.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::{Seq, UserId};
use chat_proto::message::{Content, Item, Message};
use chat_proto::presence::Availability;
use chat_proto::request::Read;
use chat_proto::room::ReadMarker;
use chat_proto::time::UnixMillis;
use chat_proto::unread::UnreadEphemeral;

use super::room::{Room, Scroll};
use crate::app::parts::outcomes::Outcomes;
use crate::app::parts::server::Server;
use crate::app::state::attention::Attention;
use crate::app::state::effect::Effect;
use crate::app::state::purpose::Purpose;
use crate::app::state::timeline_entry::TimelineEntry;
use crate::text::SafeText;

impl Room {
    /// Whether the user is looking at the newest messages.
    fn is_being_read(&self, attention: Attention) -> bool {
        attention.open == Some(self.key) && attention.has_focus && self.scroll == Scroll::End
    }

    /// A page of changes arrived. A message on it may have been posted and changed since the counts were taken: only the
    /// server knows whether it was counted.
    pub(super) fn doubt_counts(&mut self, items: &[Item], now: UnixMillis) {
        let is_persistent = |content: &Content| match content {
            Content::Message(message) => message.expires_at.is_none(),
            Content::Deleted { .. } | Content::Damaged => true,
            Content::Expired { .. }
            | Content::Join
            | Content::Leave
            | Content::Topic { .. }
            | Content::Description { .. }
            | Content::Renamed { .. }
            | Content::Rsvp { .. } => false,
        };
        if items.iter().any(|item| is_persistent(&item.content) && self.reading.is_after_counts(item.changed)) {
            self.reading.recount(now);
        }
    }

    /// A message arrived, new or changed. Counts it if it is unread.
    pub(super) fn count(&mut self, item: &Item, message: &Message, server: &Server, attention: Attention) {
        let Some(me) = server.my_id() else { return };
        if !self.is_being_read(attention) || self.reading.is_marked_unread {
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

    /// A new message arrived: someone else's may be below the line "new", and worth a notification.
    pub(super) fn announce(
        &mut self,
        item: &Item,
        message: &Message,
        server: &Server,
        attention: Attention,
    ) -> Option<Effect> {
        let me = server.my_id();
        if Some(item.by) == me {
            return None;
        }
        // The line "new" stands where the user stopped looking.
        let is_open = attention.open == Some(self.key);
        if is_open && !self.is_being_read(attention) && self.reading.new_after.is_none() {
            self.reading.new_after = Some(Seq(item.seq.0.saturating_sub(1)));
        }
        let is_for_me = self.is_direct() || me.is_some_and(|me| message.mentions.contains(&me));
        let is_dnd = me.is_some_and(|me| server.presence(me).availability == Availability::Dnd);
        (is_for_me && !is_dnd && !attention.has_focus).then(|| self.notification(item, message, server))
    }

    fn notification(&self, item: &Item, message: &Message, server: &Server) -> Effect {
        let room = self.title(|id| server.name(id), server.my_id());
        let title = format!("{} in #{}", server.name(item.by).as_str(), room.as_str());
        let body: String = message.body.as_str().chars().take(200).collect();
        Effect::Notify { title: SafeText::line(&title), body: SafeText::line(&body) }
    }

    /// Marks the room as read while the user looks at its newest messages. The server learns it at most once a second.
    pub fn mark_visible_as_read(&mut self, server: &Server, attention: Attention, out: &mut Outcomes) {
        if !self.is_being_read(attention) || !self.following.is_current() || self.reading.is_marked_unread {
            return;
        }
        let read_seq = self.reading.marker.read_seq.max(self.following.applied());
        self.reading.read_up_to(read_seq);
        if self.next_read_marker(server, attention).is_some_and(|at| at <= attention.now) {
            self.send_read_marker(attention.now, out);
        }
    }

    /// When the read marker is to be sent; `None` if the server knows it.
    pub fn next_read_marker(&self, server: &Server, attention: Attention) -> Option<UnixMillis> {
        self.reading.next_send().filter(|_| server.is_ready() && self.is_being_read(attention))
    }

    fn send_read_marker(&mut self, now: UnixMillis, out: &mut Outcomes) {
        self.reading.on_sent(now);
        let read = Read { room: self.key.room, seq: Some(self.reading.marker.read_seq), rewind: false };
        out.ask(self.key.server, read, Purpose::Nothing);
    }

    /// The user marks the room as read.
    pub fn mark_read(&mut self, now: UnixMillis, out: &mut Outcomes) {
        self.reading.read_up_to(self.following.applied());
        self.reading.new_after = None;
        self.reading.is_marked_unread = false;
        self.send_read_marker(now, out);
    }

    /// The user marks the room as unread, from the `selected` message on, or from the last one.
    pub fn mark_unread(&mut self, selected: Option<Seq>, server: &Server, out: &mut Outcomes) {
        if !server.is_ready() {
            return out.show_error("Server unreachable; try again once you are connected.");
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
