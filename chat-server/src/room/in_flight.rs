//! The changes in flight: whom each answers, and which stores it waits for. Must not know what becomes of a change; the
//! commit decides that.

use std::collections::VecDeque;
use std::time::Duration;

use chat_proto::ids::{Seq, UserId};
use chat_proto::request::Posted;
use chat_proto::room::{Role, Rsvp, RsvpCounts};
use tokio::time::{Instant, timeout, timeout_at};
use tracing::Instrument as _;

use super::RoomError;
use super::command::{ChangeOutcome, Joined, Responder};
use super::commit::{Event, FirstPost, Ticket, WriteResult};
use crate::live::{LiveError, LiveReply, Put};
use crate::store::{Appended, StoreError, StoreReply};
use crate::tasks::Tasks;

/// How long a change may wait at the front for the live store.
const LIVE_LIMIT: Duration = Duration::from_millis(50);

/// How long a refusal may wait until the database has noted it.
const NOTE_LIMIT: Duration = Duration::from_millis(500);

/// A request that will be answered.
#[derive(Debug)]
pub(super) enum Requester {
    Post(Responder<Posted>),
    /// A change of a message.
    Change(Changing, Responder<ChangeOutcome>),
    Set(Responder<Seq>),
    /// The account and its answer; with the number of its item, or without one if it was given before.
    Rsvp((UserId, Rsvp, Option<Seq>), Responder<RsvpCounts>),
    /// The account, and whether it becomes a member now.
    Join((UserId, bool), Responder<Joined>),
    /// The account, and its role until now if it was a member.
    Leave(UserId, Option<Role>, Responder<Option<u32>>),
    Drain(Responder<()>),
    /// The room itself.
    Nobody,
}

/// The message that a request changes.
#[derive(Debug)]
pub(super) struct Changing {
    /// Its place, if it is deleted: two deletions under way are both done by the first.
    pub deletes: Option<Seq>,
    /// The accounts that it mentioned when the change was accepted.
    pub mentioned: Vec<UserId>,
}

/// A write that was submitted to a store.
#[derive(Debug)]
pub(super) enum Write {
    Append(StoreReply<Appended>),
    Change(StoreReply<()>),
    Put(LiveReply<Put>),
    Replace(LiveReply<bool>),
}

/// A change in flight.
#[derive(Debug)]
pub(super) struct InFlight {
    ticket: Ticket,
    pub requester: Requester,
    /// Until the database has answered.
    pub reservation: Option<StoreReply<()>>,
    /// Until the store has answered.
    pub write: Option<Write>,
    pub accepted_at: Instant,
    at_front_since: Option<Instant>,
}

impl InFlight {
    /// Waits for the next answer of a store. May be dropped and called again: the time at the front goes on.
    async fn next_event(&mut self) -> Event {
        let until = *self.at_front_since.get_or_insert_with(Instant::now) + LIVE_LIMIT;
        if let Some(reservation) = &mut self.reservation {
            let result = reservation.await;
            self.reservation = None;
            return Event::Reserved(self.ticket, result);
        }
        let Some(write) = &mut self.write else { return std::future::pending().await };
        let result = write.result(until).await;
        self.write = None;
        result.map_or(Event::TimedOut(self.ticket), |result| Event::Written(self.ticket, result))
    }
}

impl Write {
    /// Waits for the store; `None` if the live store has not answered by `until`.
    async fn result(&mut self, until: Instant) -> Option<WriteResult> {
        Some(match self {
            Self::Append(reply) => appended(reply.await),
            Self::Change(reply) => reply.await.map_or_else(refused, |()| WriteResult::Stored),
            Self::Put(reply) => put(timeout_at(until, reply).await.ok()?),
            Self::Replace(reply) => replaced(timeout_at(until, reply).await.ok()?),
        })
    }
}

fn appended(reply: Result<Appended, StoreError>) -> WriteResult {
    match reply {
        Ok(Appended { seq, at, is_duplicate: true }) => WriteResult::Duplicate(FirstPost { seq, at, expires_at: None }),
        Ok(_) => WriteResult::Stored,
        Err(error) => refused(error),
    }
}

fn put(reply: Result<Put, LiveError>) -> WriteResult {
    match reply {
        Ok(Put::Stored) => WriteResult::Stored,
        Ok(Put::KeyHeld(first)) => WriteResult::KeyHeld(first),
        Err(error) => refused(error),
    }
}

fn replaced(reply: Result<bool, LiveError>) -> WriteResult {
    match reply {
        Ok(true) => WriteResult::Stored,
        Ok(false) => WriteResult::Refused(RoomError::NotFound),
        Err(error) => refused(error),
    }
}

fn refused(error: impl Into<RoomError>) -> WriteResult {
    WriteResult::Refused(error.into())
}

/// All changes in flight, in the order of their acceptance.
#[derive(Debug, Default)]
pub(super) struct InFlightQueue {
    changes: VecDeque<InFlight>,
    last_ticket: u64,
}

impl InFlightQueue {
    /// Adds a change at the end.
    pub(super) fn push(&mut self, requester: Requester, write: Option<Write>) -> Ticket {
        self.last_ticket += 1;
        let ticket = Ticket(self.last_ticket);
        let accepted_at = Instant::now();
        self.changes.push_back(InFlight {
            ticket,
            requester,
            reservation: None,
            write,
            accepted_at,
            at_front_since: None,
        });
        ticket
    }

    pub(super) fn get_mut(&mut self, ticket: Ticket) -> Option<&mut InFlight> {
        let at = self.position(ticket)?;
        self.changes.get_mut(at)
    }

    pub(super) fn remove(&mut self, ticket: Ticket) -> Option<InFlight> {
        let at = self.position(ticket)?;
        self.changes.remove(at)
    }

    fn position(&self, ticket: Ticket) -> Option<usize> {
        self.changes.binary_search_by_key(&ticket, |change| change.ticket).ok()
    }

    pub(super) fn len(&self) -> usize {
        self.changes.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Waits for the next answer to the first change. Never completes if there is none.
    pub(super) async fn next_event(&mut self) -> Event {
        match self.changes.front_mut() {
            Some(first) => first.next_event().await,
            None => std::future::pending().await,
        }
    }
}

/// Refuses a post or a change of a message once the database has noted it. If it cannot, only this process knows of the
/// refusal, and a later one knows only that of a number that was not reserved.
pub(super) fn refuse_when_noted(tasks: &Tasks, noted: StoreReply<()>, requester: Requester, error: RoomError) {
    let refuse: Box<dyn FnOnce() + Send> = match requester {
        Requester::Post(responder) => Box::new(|| answer(responder, Err(error))),
        Requester::Change(_, responder) => Box::new(|| answer(responder, Err(error))),
        Requester::Set(_)
        | Requester::Rsvp(..)
        | Requester::Join(..)
        | Requester::Leave(..)
        | Requester::Drain(_)
        | Requester::Nobody => return,
    };
    let refusal = async move {
        drop(timeout(NOTE_LIMIT, noted).await);
        refuse();
    };
    tasks.spawn(refusal.in_current_span());
}

/// Answers a request. The requester may have gone.
pub(super) fn answer<T>(responder: Responder<T>, result: Result<T, RoomError>) {
    drop(responder.send(result));
}
