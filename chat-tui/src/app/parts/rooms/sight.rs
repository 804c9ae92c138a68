//! The unread messages above and below the visible part of a room, and which of them are read by looking.
//!
//! The read marker is one number, so it moves only over messages that were in sight without a gap: while an unread one is
//! above the visible part, it stands still. Must not know how rows are drawn.

#![deny(clippy::disallowed_methods)]

use std::ops::Range;

use chat_proto::ids::{Seq, UserId};

use super::backlog::History;
use super::room::{Room, Scroll};
use crate::app::state::viewport::Viewport;

/// A number of unread messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnreadCount {
    /// All of them.
    pub messages: u32,
    /// Those that mention this account.
    pub mentions: u32,
}

/// The unread messages that are not visible.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutOfSight {
    /// Above the visible part, whether loaded or not.
    pub above: UnreadCount,
    /// Below it.
    pub below: UnreadCount,
}

impl UnreadCount {
    fn add(&mut self, is_mention: bool) {
        self.messages += 1;
        self.mentions += u32::from(is_mention);
    }

    fn without(self, other: Self) -> Self {
        Self {
            messages: self.messages.saturating_sub(other.messages),
            mentions: self.mentions.saturating_sub(other.mentions),
        }
    }
}

impl Room {
    /// Counts the unread messages above the visible item `top`, and below `seen_to`, the last one that is visible to its
    /// end. Looks only at the visible items and at the shorter side: the other one has the rest of all.
    pub fn out_of_sight(&self, (top, seen_to): (Seq, Option<Seq>), me: Option<UserId>) -> OutOfSight {
        let all = UnreadCount { messages: self.reading.unread(), mentions: self.reading.mentions() };
        if all.messages == 0 {
            return OutOfSight::default();
        }
        let (first, end) = (self.index_of(self.reading.marker.read_seq.next()), self.timeline.entries().len());
        let top = self.index_of(top).max(first);
        let bottom = seen_to.map_or(top, |seen_to| self.index_of(seen_to.next())).max(top);
        let rest = all.without(self.count_unread(top..bottom, me));
        let is_cut = self.timeline.floor() > self.reading.marker.read_seq.next();
        if is_cut || end - bottom <= top - first {
            let below = self.count_unread(bottom..end, me);
            OutOfSight { above: rest.without(below), below }
        } else {
            let above = self.count_unread(first..top, me);
            OutOfSight { above, below: rest.without(above) }
        }
    }

    /// The index of an item of the timeline, or of the next one.
    fn index_of(&self, seq: Seq) -> usize {
        self.timeline.position(seq).unwrap_or_else(|at| at)
    }

    fn count_unread(&self, items: Range<usize>, me: Option<UserId>) -> UnreadCount {
        let mut count = UnreadCount::default();
        self.unread_among(items, me).for_each(|(_, is_mention)| count.add(is_mention));
        count
    }

    /// The unread messages that are loaded, oldest first, and whether they mention this account.
    pub(super) fn loaded_unread(&self, me: Option<UserId>) -> impl DoubleEndedIterator<Item = (Seq, bool)> {
        let first = self.index_of(self.reading.marker.read_seq.next());
        self.unread_among(first..self.timeline.entries().len(), me)
    }

    fn unread_among(&self, items: Range<usize>, me: Option<UserId>) -> impl DoubleEndedIterator<Item = (Seq, bool)> {
        self.timeline.entries().range(items).filter_map(move |entry| {
            let content = entry.content()?;
            let is_unread = Some(entry.by) != me && !self.reading.is_visited(entry.seq);
            is_unread.then_some((entry.seq, content.mentions_me))
        })
    }

    /// Whether an unread message stands above the visible part.
    pub fn has_unread_above(&self, viewport: &Viewport, me: Option<UserId>) -> bool {
        let top = viewport.top.filter(|_| viewport.room_key == Some(self.key));
        top.is_some_and(|(top, _)| self.out_of_sight((top, viewport.seen_to), me).above.messages > 0)
    }

    /// Reads what was in sight at the last frame.
    pub(super) fn read_in_sight(&mut self, viewport: &Viewport, me: Option<UserId>) {
        if self.reading.unread() > 0 {
            if viewport.room_key == Some(self.key) {
                self.read_drawn(viewport, me);
            }
        } else if self.scroll == Scroll::End {
            // The rest are events, one's own messages, and those that were visible as they came.
            self.read_all();
        }
    }

    fn read_drawn(&mut self, viewport: &Viewport, me: Option<UserId>) {
        let Some((top, _)) = viewport.top else {
            if self.timeline.entries().is_empty() && self.backlog.history == History::Complete {
                self.read_all();
            }
            return;
        };
        let marker = self.reading.marker.read_seq;
        let is_gap_loaded = self.loaded_unread(me).next().is_some_and(|(first, _)| first < top);
        let is_gap_missing = || {
            let is_cut = self.timeline.floor() > marker.next();
            is_cut && self.out_of_sight((top, viewport.seen_to), me).above.messages > 0
        };
        if is_gap_loaded || is_gap_missing() {
            return;
        }
        let is_seen = |(last, _)| viewport.seen_to.is_some_and(|seen_to| last <= seen_to);
        if self.loaded_unread(me).next_back().is_none_or(is_seen) {
            return self.read_all();
        }
        if let Some(seen_to) = viewport.seen_to.filter(|seen_to| *seen_to > marker) {
            let read: Vec<_> = self.loaded_unread(me).take_while(|(seq, _)| *seq <= seen_to).collect();
            self.reading.read_to(seen_to, &read);
        }
    }

    fn read_all(&mut self) {
        self.reading.read_up_to(self.reading.marker.read_seq.max(self.following.applied()));
    }
}
