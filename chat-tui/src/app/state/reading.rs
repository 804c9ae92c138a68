//! How far a room has been read. Must not know what is on the screen.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::Seq;
use chat_proto::room::ReadMarker;
use chat_proto::time::UnixMillis;

/// A read marker is sent at most this often, in milliseconds.
const READ_MARKER_EVERY_MS: u64 = 1_000;

/// A room's read marker, and what is unread.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// The read marker with its counts.
    pub marker: ReadMarker,
    /// The line "new" stands after this number.
    pub new_after: Option<Seq>,
    /// Messages that arrived below the visible part of the open room.
    pub missed: u32,
    /// Messages up to here are included in the counts.
    pub(in crate::app) counted_up_to: Seq,
    /// Whether the user marked the room as unread: looking at it does not mark it as read.
    pub(in crate::app) is_marked_unread: bool,
    /// The read marker the server knows.
    sent: Seq,
    sent_at: UnixMillis,
}

impl Reading {
    /// As a membership says, with all messages up to `head` counted.
    pub(in crate::app) fn new(marker: ReadMarker, head: Seq) -> Self {
        Self {
            marker,
            new_after: None,
            missed: 0,
            counted_up_to: head,
            is_marked_unread: false,
            sent: marker.read_seq,
            sent_at: UnixMillis(0),
        }
    }

    /// Takes the marker of a membership, which counts the messages up to `head`.
    pub(in crate::app) fn on_membership(&mut self, marker: ReadMarker, head: Seq) {
        self.marker = marker;
        self.sent = marker.read_seq;
        self.counted_up_to = head;
    }

    /// Takes the marker that another device of this account set.
    pub(in crate::app) fn on_marker(&mut self, marker: ReadMarker) {
        self.marker = marker;
        self.sent = self.sent.max(marker.read_seq);
    }

    /// Removes a deleted message from the counts.
    pub(in crate::app) fn uncount_deleted(&mut self, mentions_me: bool) {
        self.marker.unread = self.marker.unread.saturating_sub(1);
        self.marker.mentions = self.marker.mentions.saturating_sub(u32::from(mentions_me));
    }

    /// Everything up to `cursor` has been read.
    pub(in crate::app) fn read_up_to(&mut self, cursor: Seq) {
        self.missed = 0;
        self.marker = ReadMarker { read_seq: cursor, unread: 0, mentions: 0 };
    }

    /// The newest messages are shown again.
    pub(in crate::app) fn show_newest(&mut self) {
        self.missed = 0;
        self.is_marked_unread = false;
    }

    /// When the marker is to be sent; `None` if the server knows it, or the user marked the room as unread.
    pub(in crate::app) fn next_send(&self) -> Option<UnixMillis> {
        let is_waiting = self.marker.read_seq > self.sent && !self.is_marked_unread;
        is_waiting.then(|| self.sent_at.plus_ms(READ_MARKER_EVERY_MS))
    }

    /// The marker has been sent.
    pub(in crate::app) fn on_sent(&mut self, now: UnixMillis) {
        self.sent = self.marker.read_seq;
        self.sent_at = now;
    }

    /// The user marked everything after `marker` as unread.
    pub(in crate::app) fn mark_unread(&mut self, marker: ReadMarker) {
        self.marker = marker;
        self.sent = marker.read_seq;
        self.new_after = Some(marker.read_seq);
        // Looking at it does not mark it as read again until the room is left.
        self.is_marked_unread = true;
    }
}
