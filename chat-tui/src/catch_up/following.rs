//! How far one room's changes have been applied, and when to ask for a page of them. Pure: must not know items.

#![deny(clippy::disallowed_methods)]

#[cfg(test)]
mod tests;

use chat_proto::cursor::Cursor;
use chat_proto::ids::{Run, Seq};
use chat_proto::server_frame::Event;

/// What to do with an event that was pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Apply it: it is the next change, and the cursor has moved to it.
    Next,
    /// Drop it: it was applied before.
    Known,
    /// Drop it and ask for a page: changes before it are missing.
    Missing,
    /// Drop it: a page that is wanted or under way brings it, or the page after that.
    Later,
}

/// The numbers of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The run of the server that pushed it.
    pub run: Option<Run>,
    /// Its number.
    pub seq: Seq,
    /// The room's number before it.
    pub prev: Seq,
    /// Whether only an ephemeral message changed.
    pub is_ephemeral: bool,
}

impl Step {
    /// The numbers of an event that was pushed in `run`.
    pub fn of(event: &Event, run: Option<Run>) -> Self {
        Self { run, seq: event.seq, prev: event.prev, is_ephemeral: event.is_ephemeral }
    }
}

/// Whether all changes up to the newest known one are applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing is missing; further changes are pushed.
    Current,
    /// Changes are missing, or may be, and are not asked for.
    Behind,
    /// A page is under way.
    Requested {
        /// Whether events were left out meanwhile, which the page may have been cut too early to hold.
        is_stale: bool,
        /// The highest number heard of when it was asked for.
        announced_before: Seq,
    },
}

/// How far one room is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Following {
    /// Every change up to here has been applied.
    cursor: Cursor,
    /// The highest number heard of.
    announced: Seq,
    state: State,
}

impl Following {
    /// Every change up to `cursor` is known; later ones are pushed.
    pub fn at(cursor: Cursor) -> Self {
        Self { cursor, announced: cursor.seq, state: State::Current }
    }

    /// Every change up to `cursor` is known; there may be later ones to request, and the cursor may be of another life of
    /// the data.
    pub fn behind(cursor: Cursor) -> Self {
        Self { state: State::Behind, ..Self::at(cursor) }
    }

    /// The cursor: what the server is asked after.
    pub fn cursor(&self) -> Cursor {
        self.cursor
    }

    /// The number up to which every change has been applied.
    pub fn applied(&self) -> Seq {
        self.cursor.seq
    }

    /// Whether no change is known to be missing.
    pub fn is_current(&self) -> bool {
        self.state == State::Current
    }

    /// Whether changes are missing that nobody has asked for.
    pub fn is_behind(&self) -> bool {
        self.state == State::Behind
    }

    /// Starts a request: returns the cursor to ask after. The answer goes to [`Self::on_page`], [`Self::on_parted`] or
    /// [`Self::on_page_failed`].
    pub fn request(&mut self) -> Cursor {
        self.state = State::Requested { is_stale: false, announced_before: self.announced };
        self.cursor
    }

    /// An event was pushed.
    pub fn on_event(&mut self, step: Step) -> Arrival {
        let Step { run, seq, prev, is_ephemeral } = step;
        self.announced = self.announced.max(seq);
        match self.state {
            _ if seq <= self.applied() => Arrival::Known,
            State::Current if prev <= self.applied() => {
                self.cursor = self.cursor.after(run, seq, is_ephemeral);
                Arrival::Next
            }
            State::Current => {
                self.state = State::Behind;
                Arrival::Missing
            }
            State::Behind | State::Requested { .. } => Arrival::Later,
        }
    }

    /// The event that was applied last, behind `prev`, could not be applied after all: a page shall bring it.
    pub fn take_back(&mut self, prev: Seq) {
        self.cursor = self.cursor.up_to(self.applied().min(prev));
        self.state = State::Behind;
    }

    /// The server left events out.
    pub fn on_gap(&mut self) {
        self.state = match self.state {
            State::Current | State::Behind => State::Behind,
            // The page under way may have been cut before the gap: another one is asked for after it.
            State::Requested { announced_before, .. } => State::Requested { is_stale: true, announced_before },
        };
    }

    /// The server named the room's newest number, from which on changes are pushed.
    pub fn on_head(&mut self, head: Seq) {
        self.announced = self.announced.max(head);
        if head > self.applied() && self.state == State::Current {
            self.state = State::Behind;
        }
    }

    /// A page has been applied that reaches to `next` and was cut when the room stood at `head`. Afterwards the cursor
    /// is current, or behind: then one more page is to be asked for.
    pub fn on_page(&mut self, next: Cursor, head: Seq, is_empty: bool) {
        self.advance(next);
        let (is_stale, announced_before) = match self.state {
            State::Requested { is_stale, announced_before } => (is_stale, announced_before),
            State::Current | State::Behind => (false, self.announced),
        };
        // An empty page proves that a number announced before it was asked for is a hole. It proves nothing of one that
        // was announced since: the page may have been cut before it.
        let is_hole = is_empty && self.announced <= announced_before;
        let is_done = next.seq >= head && (self.announced <= self.applied() || is_hole);
        if is_done && !is_stale {
            *self = Self::at(self.cursor);
        } else {
            self.state = State::Behind;
        }
    }

    /// The page under way will not come.
    pub fn on_page_failed(&mut self) {
        self.state = State::Behind;
    }

    /// A resumed connection brought every change up to `head`.
    pub fn on_resumed(&mut self, head: Cursor) {
        self.advance(head);
        self.state = if self.applied() < self.announced { State::Behind } else { State::Current };
    }

    /// The server runs anew, perhaps on a copy of its data: the cursor counts only once it has answered to it.
    pub fn doubt(&mut self) {
        self.state = State::Behind;
    }

    /// The server knows the cursor, and its room stands at `head`.
    pub fn on_confirmed(&mut self, head: Seq) {
        self.announced = self.announced.max(head);
        if self.is_behind() && self.announced <= self.applied() {
            self.state = State::Current;
        }
    }

    /// The cursor is of another life of the data: goes on from `next`, which this life shares.
    pub fn on_parted(&mut self, next: Cursor) {
        *self = Self::behind(next);
    }

    fn advance(&mut self, to: Cursor) {
        if to.seq > self.applied() {
            self.cursor = to;
        }
    }
}
