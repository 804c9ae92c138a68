//! How far a room follows the server: every change once, in order, without a gap. Must not know items or requests.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::Seq;

/// A room that is further behind loads its end anew instead of change by change.
const CATCH_UP_MAX: u64 = 2_000;

/// Whether all changes of a room are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CatchUp {
    /// Up to date with the cursor; further changes are pushed.
    #[default]
    Current,
    /// Changes are missing; they are requested once the server is connected.
    Needed,
    /// Missing changes have been requested.
    Requested,
}

/// What to do with a pushed event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::app) enum EventStep {
    /// Ignore it: it is known, or it comes with the changes that were requested.
    Ignore,
    /// Apply it, then call [`Following::advance`].
    Apply,
    /// Request the changes before it.
    Request,
}

/// What a membership says about the changes that are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::app) enum Distance {
    /// Nothing is missing, or it can be caught up with.
    Near,
    /// Everything loaded has to be dropped.
    TooFar,
}

/// A room's place in the server's stream of changes.
#[derive(Clone, Copy, Debug)]
pub struct Following {
    /// Every change up to here has been applied.
    pub cursor: Seq,
    /// Whether changes are missing.
    pub catch_up: CatchUp,
    /// The highest change number announced by the server.
    highest_seen: Seq,
    /// Whether a gap was announced while a page of changes was in flight.
    must_ask_again: bool,
}

impl Following {
    /// Up to date at `head`.
    pub(in crate::app) fn at(head: Seq) -> Self {
        Self { cursor: head, catch_up: CatchUp::Current, highest_seen: head, must_ask_again: false }
    }

    /// As an earlier run left it: there may be changes after `cursor`.
    pub(in crate::app) fn restored(cursor: Seq) -> Self {
        Self { catch_up: CatchUp::Needed, ..Self::at(cursor) }
    }

    /// Compares the cursor with the head of a membership.
    pub(in crate::app) fn on_membership(&mut self, head: Seq) -> Distance {
        self.highest_seen = self.highest_seen.max(head);
        if head < self.cursor || head.0.saturating_sub(self.cursor.0) > CATCH_UP_MAX {
            return Distance::TooFar;
        }
        if head > self.cursor {
            self.catch_up = CatchUp::Needed;
        }
        Distance::Near
    }

    /// Judges a pushed event with number `seq` that follows `prev`.
    pub(in crate::app) fn on_event(&mut self, seq: Seq, prev: Seq) -> EventStep {
        self.highest_seen = self.highest_seen.max(seq);
        match self.catch_up {
            _ if seq <= self.cursor => EventStep::Ignore,
            CatchUp::Current if prev <= self.cursor => EventStep::Apply,
            CatchUp::Current => EventStep::Request,
            CatchUp::Needed | CatchUp::Requested => EventStep::Ignore,
        }
    }

    /// Moves the cursor to an applied event.
    pub(in crate::app) fn advance(&mut self, seq: Seq) {
        self.cursor = seq;
    }

    /// The server left events out. Returns whether to request them now.
    pub(in crate::app) fn on_gap(&mut self) -> bool {
        // The page in flight may have been cut before the gap: request one more after it.
        self.must_ask_again |= self.catch_up == CatchUp::Requested;
        self.catch_up == CatchUp::Current
    }

    /// A page of changes up to `next` has been applied; it was cut at `head`. Returns whether to request another.
    pub(in crate::app) fn on_page(&mut self, next: Seq, head: Seq, is_empty: bool) -> bool {
        self.cursor = self.cursor.max(next);
        // Numbers announced but absent at the end of the stream belong to nothing.
        let is_done = next >= head && (self.highest_seen <= self.cursor || is_empty);
        if is_done && !std::mem::take(&mut self.must_ask_again) {
            self.catch_up = CatchUp::Current;
            self.highest_seen = self.cursor;
            return false;
        }
        true
    }

    /// The changes after the cursor have been requested.
    pub(in crate::app) fn on_requested(&mut self) {
        self.catch_up = CatchUp::Requested;
    }

    /// Changes are missing; they are requested after the next welcome.
    pub(in crate::app) fn mark_behind(&mut self) {
        self.catch_up = CatchUp::Needed;
    }

    /// A resumed connection delivered all changes up to `head`.
    pub(in crate::app) fn on_resumed(&mut self, head: Seq) {
        self.cursor = self.cursor.max(head);
        self.catch_up = if self.cursor < self.highest_seen { CatchUp::Needed } else { CatchUp::Current };
    }
}
