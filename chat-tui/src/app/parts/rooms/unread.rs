//! How far a room has been read, and what is unread: the server's counts, kept up to date by what arrives and by the clock.
//! Must not know what is on the screen.

#![deny(clippy::disallowed_methods)]

use std::collections::{BTreeMap, BTreeSet};

use chat_proto::ids::{Seq, UserId};
use chat_proto::message::{Item, Message};
use chat_proto::room::ReadMarker;
use chat_proto::time::UnixMillis;
use chat_proto::unread::{Reader, UnreadEphemeral};

/// A read marker is sent at most this often, in milliseconds.
const READ_MARKER_EVERY_MS: u64 = 1_000;
/// The server is asked for the counts of a room at most this often, in milliseconds.
const COUNTS_EVERY_MS: u64 = 1_000;

/// A room's read marker, and what is unread.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The read marker with the counts of this moment. `ephemeral` is kept apart, by number.
    pub marker: ReadMarker,
    /// The line "new" stands after this number.
    pub new_after: Option<Seq>,
    /// Items up to here are known: those after it are new.
    pub(in crate::app) known_to: Seq,
    /// Whether the user marked the room as unread: looking at it does not mark it as read.
    pub(in crate::app) is_marked_unread: bool,
    /// The ephemeral messages among the unread ones that are known one by one.
    ephemeral: BTreeMap<Seq, UnreadEphemeral>,
    /// Mentions after the marker that the user went to: they are read on this screen, until the marker passes them. The
    /// server, and so every other device, knows one marker for each room and counts them until then.
    visited: BTreeSet<Seq>,
    /// No ephemeral one expires before this.
    next_expiry: Option<UnixMillis>,
    /// When the last of them expires that the server listed, if it counted more.
    listed_until: Option<UnixMillis>,
    /// When to ask the server for the counts, by this machine's clock; `None` if they are certain.
    counts_due: Option<UnixMillis>,
    /// When it was asked last, and `counted_to` at that moment.
    counts_asked: (UnixMillis, Seq),
    /// The read marker that the server announced last.
    announced: Seq,
    /// The read marker that was last sent to the server.
    sent: Seq,
    sent_at: UnixMillis,
}

impl Reading {
    /// As a membership says; items up to `head` are known.
    pub(in crate::app) fn new(marker: ReadMarker, head: Seq) -> Self {
        let mut reading = Self {
            marker: ReadMarker::default(),
            new_after: None,
            known_to: Seq::ZERO,
            is_marked_unread: false,
            ephemeral: BTreeMap::new(),
            visited: BTreeSet::new(),
            next_expiry: None,
            listed_until: None,
            counts_due: None,
            counts_asked: (UnixMillis(0), Seq::ZERO),
            announced: Seq::ZERO,
            sent: Seq::ZERO,
            sent_at: UnixMillis(0),
        };
        reading.on_membership(marker, head);
        reading
    }

    /// The unread messages, without the mentions that the user went to.
    pub fn unread(&self) -> u32 {
        self.marker.unread.saturating_sub(self.visited.len() as u32)
    }

    /// The unread mentions, without those that the user went to.
    pub fn mentions(&self) -> u32 {
        self.marker.mentions.saturating_sub(self.visited.len() as u32)
    }

    /// When the first of the unread mentions expires, by the server's clock; `None` if none does.
    pub fn mention_expiry(&self) -> Option<UnixMillis> {
        let unread = |message: &&UnreadEphemeral| message.is_mention && !self.visited.contains(&message.seq);
        self.ephemeral.values().filter(unread).map(|message| message.expires_at).min()
    }

    /// Takes the marker of a membership; items up to `head` are known. If more was read here while there was no connection, the
    /// marker stays, and is sent. If another device has moved the server's back meanwhile, that holds.
    pub(in crate::app) fn on_membership(&mut self, marker: ReadMarker, head: Seq) {
        let read_here = self.marker.read_seq;
        let is_ahead = read_here <= head && (self.announced..read_here).contains(&marker.read_seq);
        (self.announced, self.sent) = (marker.read_seq, marker.read_seq);
        self.known_to = head;
        if is_ahead {
            // At once, so that the counts that are asked for are those after it.
            self.sent_at = UnixMillis(0);
            return self.recount(UnixMillis(0));
        }
        self.take(marker);
        // An earlier version of the program did not save it.
        if self.marker.counted_to == Seq::ZERO {
            self.marker.counted_to = head;
        }
        self.counts_due = None;
    }

    /// The read marker that the server is known to have.
    pub(in crate::app) fn announced(&self) -> Seq {
        self.announced
    }

    /// The server has only this marker: the rest was read in an earlier run, without a connection.
    pub(in crate::app) fn restore_announced(&mut self, announced: Seq) {
        self.announced = announced.min(self.marker.read_seq);
        self.sent = self.announced;
    }

    /// Forgets how far was read here beyond the server's marker: the numbers are those of other data now.
    pub(in crate::app) fn forget_progress(&mut self) {
        if self.marker.read_seq > self.announced {
            self.marker.read_seq = self.announced;
            self.recount(UnixMillis(0));
        }
    }

    /// Takes the marker that the account stream brought. It may be older than what has arrived since.
    pub(in crate::app) fn on_marker(&mut self, marker: ReadMarker, now: UnixMillis) {
        let is_moved_back = marker.read_seq < self.announced;
        self.announced = marker.read_seq;
        if is_moved_back {
            // Another device marked messages as unread: looking at the room here does not undo that.
            self.sent = marker.read_seq;
            self.is_marked_unread = true;
        } else {
            self.sent = self.sent.max(marker.read_seq);
            // More was read here since: its counts come once the server knows that.
            if marker.read_seq < self.marker.read_seq {
                return;
            }
        }
        let counted_to = self.marker.counted_to;
        let is_older = marker.counted_to < counted_to || self.knows_more(&marker);
        self.take(marker);
        if is_older {
            self.counted(counted_to);
            self.recount(now);
        }
    }

    /// Takes the counts that were asked for. If messages arrived meanwhile, it is asked again.
    pub(in crate::app) fn on_counts(&mut self, marker: ReadMarker, now: UnixMillis) {
        // What has been read since is not unread.
        if marker.read_seq < self.marker.read_seq {
            return;
        }
        let is_present = self.marker.counted_to <= marker.counted_to.max(self.counts_asked.1);
        if is_present && !self.knows_more(&marker) {
            self.counts_due = None;
            self.sent = self.sent.max(marker.read_seq);
            self.take(marker);
        } else {
            self.on_marker(marker, now);
        }
    }

    /// Whether an ephemeral message has arrived that the server had not counted yet.
    fn knows_more(&self, marker: &ReadMarker) -> bool {
        let counted_to = marker.read_seq.max(marker.unlisted_to.unwrap_or_default());
        let mut after = self.ephemeral.range(counted_to.next()..).map(|(seq, _)| *seq);
        after.any(|seq| marker.ephemeral.iter().all(|message| message.seq != seq))
    }

    fn take(&mut self, mut marker: ReadMarker) {
        let listed = std::mem::take(&mut marker.ephemeral);
        self.listed_until = marker.unlisted_to.and(listed.last()).map(|message| message.expires_at);
        self.next_expiry = listed.first().map(|message| message.expires_at);
        self.ephemeral = listed.into_iter().map(|message| (message.seq, message)).collect();
        self.visited = self.visited.split_off(&marker.read_seq.next());
        self.marker = marker;
    }

    /// The marker as it goes to disk: nothing of an ephemeral message.
    pub(in crate::app) fn to_saved(&self) -> ReadMarker {
        let mentions = self.ephemeral.values().filter(|message| message.is_mention).count() as u32;
        ReadMarker {
            unread: self.marker.unread.saturating_sub(self.ephemeral.len() as u32),
            mentions: self.marker.mentions.saturating_sub(mentions),
            unlisted_to: None,
            ..self.marker.clone()
        }
    }

    /// A message arrived, new or changed. Counts it if it is unread and not counted yet.
    pub(in crate::app) fn count(&mut self, me: UserId, item: &Item, message: &Message, server_now: UnixMillis) {
        let (seq, marker) = (item.seq, &mut self.marker);
        let is_counted = match message.expires_at {
            None => seq <= marker.counted_to,
            Some(_) => self.ephemeral.contains_key(&seq) || marker.unlisted_to.is_some_and(|to| seq <= to),
        };
        let reader = Reader { user: me, read_seq: marker.read_seq };
        if is_counted || !reader.has_unread(seq, item.by, message.expires_at, server_now) {
            return;
        }
        let is_mention = message.mentions.contains(&me);
        marker.unread += 1;
        marker.mentions += u32::from(is_mention);
        if let Some(expires_at) = message.expires_at {
            self.ephemeral.insert(seq, UnreadEphemeral { seq, expires_at, is_mention });
            self.next_expiry = Some(self.next_expiry.map_or(expires_at, |next| next.min(expires_at)));
        }
    }

    /// A message was deleted. `known` says of a loaded one whether it was ephemeral, and whether it mentioned this account.
    pub(in crate::app) fn uncount(&mut self, item: &Item, known: Option<(bool, bool)>, is_own: bool) {
        self.visited.remove(&item.seq);
        if let Some(message) = self.ephemeral.remove(&item.seq) {
            return self.subtract(message.is_mention);
        }
        let (is_ephemeral, mentions_me) = known.unwrap_or_default();
        if is_ephemeral {
            return;
        }
        let counted = self.marker.read_seq.next()..=self.marker.counted_to;
        if !is_own && counted.contains(&item.seq) && self.is_after_counts(item.changed) {
            self.subtract(mentions_me);
        }
        self.counted(item.changed);
    }

    fn subtract(&mut self, is_mention: bool) {
        self.marker.unread = self.marker.unread.saturating_sub(1);
        self.marker.mentions = self.marker.mentions.saturating_sub(u32::from(is_mention));
    }

    /// The counts include the persistent change `changed`.
    pub(in crate::app) fn counted(&mut self, changed: Seq) {
        self.marker.counted_to = self.marker.counted_to.max(changed);
    }

    /// Whether `changed` is not among the counts.
    pub(in crate::app) fn is_after_counts(&self, changed: Seq) -> bool {
        changed > self.marker.counted_to
    }

    /// What has expired by `server_now` is not unread any more.
    pub(in crate::app) fn expire(&mut self, server_now: UnixMillis, now: UnixMillis) {
        if self.next_expiry.is_some_and(|next| next <= server_now) {
            let expired: Vec<_> =
                self.ephemeral.extract_if(.., |_, message| message.expires_at <= server_now).collect();
            for (seq, message) in expired {
                self.visited.remove(&seq);
                self.subtract(message.is_mention);
            }
            self.next_expiry = self.first_expiry();
        }
        if self.listed_until.is_some_and(|until| until <= server_now) {
            self.listed_until = None;
            self.recount(now);
        }
    }

    fn first_expiry(&self) -> Option<UnixMillis> {
        self.ephemeral.values().map(|message| message.expires_at).min()
    }

    /// When the next unread message expires, by the server's clock.
    pub(in crate::app) fn next_expiry(&self) -> Option<UnixMillis> {
        self.next_expiry
    }

    /// The counts are in doubt: the server is to be asked.
    pub(in crate::app) fn recount(&mut self, now: UnixMillis) {
        let earliest = self.counts_asked.0.plus_ms(COUNTS_EVERY_MS);
        self.counts_due = self.counts_due.or(Some(now.max(earliest)));
    }

    /// When the server is to be asked for the counts; `None` if they are certain.
    pub(in crate::app) fn next_count(&self) -> Option<UnixMillis> {
        self.counts_due
    }

    /// The server is being asked for the counts.
    pub(in crate::app) fn on_asked(&mut self, now: UnixMillis) {
        self.counts_due = None;
        self.counts_asked = (now, self.marker.counted_to);
    }

    /// Everything up to `cursor` has been read.
    pub(in crate::app) fn read_up_to(&mut self, cursor: Seq) {
        self.ephemeral.clear();
        self.visited.clear();
        (self.next_expiry, self.listed_until) = (None, None);
        let counted_to = self.marker.counted_to;
        self.marker = ReadMarker { read_seq: cursor, counted_to, ..ReadMarker::default() };
    }

    /// Everything up to `cursor` has been read: these unread messages, of which some mention this account.
    pub(in crate::app) fn read_to(&mut self, cursor: Seq, read: &[(Seq, bool)]) {
        let later = self.visited.split_off(&cursor.next());
        let passed = std::mem::replace(&mut self.visited, later).into_iter().map(|seq| (seq, true));
        for (seq, is_mention) in read.iter().copied().chain(passed) {
            self.ephemeral.remove(&seq);
            self.subtract(is_mention);
        }
        self.next_expiry = self.first_expiry();
        self.marker.read_seq = cursor;
    }

    /// The user went to an unread mention.
    pub(in crate::app) fn visit(&mut self, mention: Seq) {
        self.visited.insert(mention);
    }

    /// Whether the user went to this unread mention.
    pub(in crate::app) fn is_visited(&self, mention: Seq) -> bool {
        self.visited.contains(&mention)
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
        let counted_to = self.marker.counted_to;
        (self.announced, self.sent) = (marker.read_seq, marker.read_seq);
        self.new_after = Some(marker.read_seq);
        self.visited.clear();
        self.take(ReadMarker { counted_to, ..marker });
        // Looking at it does not mark it as read again until the room is left.
        self.is_marked_unread = true;
    }
}
