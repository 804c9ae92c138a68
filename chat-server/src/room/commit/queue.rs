//! The queue of changes under way: their order, and the answers they have received. Pure; must not know what an answer
//! means.

#![deny(clippy::disallowed_methods)]

use std::collections::VecDeque;

use chat_proto::ids::Seq;

use super::event::{Change, Ticket, WriteResult};
use crate::live::{EphemeralEntry, LiveError};
use crate::store::StoreError;

/// Which answers a change waits for.
#[derive(Debug)]
pub(super) enum Stage {
    /// The database has not reserved its number yet. The live store may have answered.
    Reserving(Option<WriteResult>),
    /// Its number is reserved. The store has not answered yet.
    Writing,
    /// It has all answers, and waits for the changes before it.
    Answered(StoreAnswer),
}

impl Stage {
    /// The stage of a change that has nothing to write.
    pub(super) fn stored(self) -> Self {
        match self {
            Self::Reserving(_) => Self::Reserving(Some(WriteResult::Stored)),
            Self::Writing | Self::Answered(_) => Self::Answered(StoreAnswer::Written(WriteResult::Stored)),
        }
    }
}

/// The answers a change got.
#[derive(Debug)]
pub(super) enum StoreAnswer {
    /// Its number is reserved, and the store answered.
    Written(WriteResult),
    /// Its number is not reserved.
    NotReserved(StoreError),
}

/// A change under way.
#[derive(Debug)]
struct QueuedChange {
    ticket: Ticket,
    change: Change,
    stage: Stage,
}

/// A change that was at the front and has all its answers.
#[derive(Debug)]
pub(super) struct Completed {
    pub ticket: Ticket,
    pub change: Change,
    pub answer: StoreAnswer,
}

impl QueuedChange {
    /// The number of the item it posts or changes.
    fn seq(&self) -> Option<Seq> {
        match &self.change {
            Change::Post(entry, _) => Some(entry.seq()),
            Change::Revision(_, item) | Change::Persistent(Some(item), _) => Some(item.seq),
            Change::Loaded(_) | Change::Persistent(None, _) => None,
        }
    }

    fn is_ephemeral(&self) -> bool {
        match &self.change {
            Change::Post(..) | Change::Revision(..) => true,
            Change::Loaded(_) | Change::Persistent(..) => false,
        }
    }

    fn reserved(&mut self, result: Result<(), StoreError>) {
        if let Stage::Reserving(written) = &mut self.stage {
            self.stage = match (result, written.take()) {
                (Err(error), _) => Stage::Answered(StoreAnswer::NotReserved(error)),
                (Ok(()), Some(result)) => Stage::Answered(StoreAnswer::Written(result)),
                (Ok(()), None) => Stage::Writing,
            };
        }
    }

    fn written(&mut self, result: WriteResult) {
        match &mut self.stage {
            Stage::Reserving(written) => *written = written.take().or(Some(result)),
            Stage::Writing => self.stage = Stage::Answered(StoreAnswer::Written(result)),
            Stage::Answered(_) => {}
        }
    }
}

/// The changes under way.
#[derive(Debug, Default)]
pub(super) struct Queue(VecDeque<QueuedChange>);

impl Queue {
    /// Adds a change at the end.
    pub(super) fn push(&mut self, ticket: Ticket, change: Change, stage: Stage) {
        self.0.push_back(QueuedChange { ticket, change, stage });
    }

    /// Removes the first change if it has all its answers.
    pub(super) fn pop_completed(&mut self) -> Option<Completed> {
        match self.0.pop_front()? {
            QueuedChange { ticket, change, stage: Stage::Answered(answer) } => {
                Some(Completed { ticket, change, answer })
            }
            waiting => {
                self.0.push_front(waiting);
                None
            }
        }
    }

    /// The change that was accepted last.
    pub(super) fn last(&self) -> Option<Ticket> {
        self.0.back().map(|change| change.ticket)
    }

    /// Whether a change of the item `seq` is under way.
    pub(super) fn changes(&self, seq: Seq) -> bool {
        self.0.iter().any(|change| change.seq() == Some(seq))
    }

    /// Whether this very post is under way.
    pub(super) fn has_post(&self, entry: &EphemeralEntry) -> bool {
        self.0.iter().any(|change| match &change.change {
            Change::Post(post, _) => post == entry,
            Change::Revision(..) | Change::Loaded(_) | Change::Persistent(..) => false,
        })
    }

    /// The database answered a reservation. A second answer is ignored.
    pub(super) fn reserved(&mut self, ticket: Ticket, result: Result<(), StoreError>) {
        if let Some(change) = self.get_mut(ticket) {
            change.reserved(result);
        }
    }

    /// A store answered a write. A second answer, and one after the time limit, is ignored.
    pub(super) fn written(&mut self, ticket: Ticket, result: WriteResult) {
        if let Some(change) = self.get_mut(ticket) {
            change.written(result);
        }
    }

    /// The first change has waited long enough for the live store. Ignored while its number is not reserved: then the
    /// database is slow.
    pub(super) fn timed_out(&mut self, ticket: Ticket) {
        let front = self.0.front_mut().filter(|front| front.ticket == ticket && front.is_ephemeral());
        if let Some(change) = front
            && matches!(change.stage, Stage::Writing)
        {
            change.written(WriteResult::Refused(LiveError::Unavailable.into()));
        }
    }

    fn get_mut(&mut self, ticket: Ticket) -> Option<&mut QueuedChange> {
        let at = self.0.binary_search_by_key(&ticket, |change| change.ticket).ok()?;
        self.0.get_mut(at)
    }
}
