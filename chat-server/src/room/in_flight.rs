//! What was accepted and is on its way: it has its number, and waits for its store.

use std::collections::VecDeque;
use std::time::Duration;

use chat_proto::ids::{RoomId, Seq, UserId};
use chat_proto::message::{Content, Item};
use chat_proto::request::Posted;
use chat_proto::room::{Role, Rsvp, RsvpCounts};
use chat_proto::time::UnixMillis;

use tokio::time::Instant;

use super::RoomError;
use super::command::{ChangeOutcome, Joined, Responder};
use crate::live::{self, EphemeralEntry, EphemeralKey, LiveError, Put};
use crate::post_digest;
use crate::store::{self, Appended, BrokenChains, ChainPlace, StoreError};

/// An ephemeral entry holds the front of the room at most this long.
const LIVE_LIMIT: Duration = Duration::from_millis(50);

/// A refusal waits at most so long for the database to know of it.
const RECORD_LIMIT: Duration = Duration::from_millis(500);

/// The store an entry waits for.
#[derive(Debug)]
pub(super) enum Wait {
    Append(store::StoreReply<Appended>),
    Change(store::StoreReply<()>),
    Put(live::LiveReply<Put>, EphemeralKey, Option<store::StoreReply<()>>),
    Replace(live::LiveReply<bool>, Option<store::StoreReply<()>>),
    /// For numbers to be kept free.
    Reserve(Option<store::StoreReply<()>>),
    /// For nothing but those before it.
    Nothing,
}

/// How the store ended.
#[derive(Debug)]
pub(super) enum WriteResult {
    /// It stands.
    Stored,
    /// The key had been used: this is the first one, and when it ends.
    Duplicate(Appended, Option<UnixMillis>),
    /// Nothing was kept.
    Refused(RoomError),
}

/// Whom to answer.
#[derive(Debug)]
pub(super) enum Requester {
    Post(Responder<Posted>),
    Change(Responder<ChangeOutcome>),
    Set(Responder<Seq>),
    /// The account and its answer; with the number of its item, or without one if it was given before.
    Rsvp((UserId, Rsvp, Option<Seq>), Responder<RsvpCounts>),
    /// The account, and whether it becomes a member now.
    Join((UserId, bool), Responder<Joined>),
    /// The account, and its role until now if it was a member.
    Leave(UserId, Option<Role>, Responder<Option<u32>>),
    Drain(Responder<()>),
    /// Nobody: the room learned of them.
    Merge(Vec<EphemeralEntry>),
}

/// An entry of the room's FIFO.
#[derive(Debug)]
pub(super) struct InFlight {
    pub wait: Wait,
    /// What it becomes; none where it only waits.
    pub item: Option<Item>,
    pub requester: Requester,
    /// Its place in a chain, which breaks if it is refused.
    pub chain: Option<ChainPlace>,
    pub accepted_at: Instant,
    /// Since when it stands at the front.
    pub at_front_since: Option<Instant>,
}

impl Wait {
    /// Waits for the store. May be dropped and begun again.
    async fn result(&mut self, item: Option<&Item>, until: Instant) -> WriteResult {
        match self {
            Self::Nothing => WriteResult::Stored,
            Self::Reserve(reserve) => match reserved(reserve).await {
                Ok(()) => WriteResult::Stored,
                Err(error) => WriteResult::Refused(error.into()),
            },
            Self::Append(pending) => match pending.await {
                Ok(appended) if appended.is_duplicate => WriteResult::Duplicate(appended, None),
                Ok(_) => WriteResult::Stored,
                Err(error) => WriteResult::Refused(error.into()),
            },
            Self::Change(pending) => match pending.await {
                Ok(()) => WriteResult::Stored,
                Err(error) => WriteResult::Refused(error.into()),
            },
            Self::Put(pending, key, reserve) => {
                if let Err(error) = reserved(reserve).await {
                    return WriteResult::Refused(error.into());
                }
                match tokio::time::timeout_at(until, pending).await {
                    Ok(Ok(Put::Stored)) => WriteResult::Stored,
                    Ok(Ok(Put::KeyHeld(first))) if is_retry(key.room, item, &first) => {
                        let appended = Appended { seq: first.seq, at: first.at, is_duplicate: true };
                        WriteResult::Duplicate(appended, Some(first.expires_at))
                    }
                    Ok(Ok(Put::KeyHeld(_))) => WriteResult::Refused(RoomError::KeyReused),
                    Ok(Err(error)) => WriteResult::Refused(error.into()),
                    Err(_) => WriteResult::Refused(LiveError::Unavailable.into()),
                }
            }
            Self::Replace(pending, reserve) => {
                if let Err(error) = reserved(reserve).await {
                    return WriteResult::Refused(error.into());
                }
                match tokio::time::timeout_at(until, pending).await {
                    Ok(Ok(true)) => WriteResult::Stored,
                    Ok(Ok(false)) => WriteResult::Refused(RoomError::NotFound),
                    Ok(Err(error)) => WriteResult::Refused(error.into()),
                    Err(_) => WriteResult::Refused(LiveError::Unavailable.into()),
                }
            }
        }
    }
}

impl InFlight {
    /// An entry that takes its place at the end.
    pub(super) fn new(wait: Wait, item: Option<Item>, requester: Requester) -> Self {
        Self { wait, item, requester, chain: None, accepted_at: Instant::now(), at_front_since: None }
    }

    /// The entry as one of a chain.
    pub(super) fn chained(self, chain: Option<ChainPlace>) -> Self {
        Self { chain, ..self }
    }

    /// Waits at the front for the store; may be dropped and begun again, the time at the front runs on.
    pub(super) async fn result(&mut self) -> WriteResult {
        let since = *self.at_front_since.get_or_insert_with(Instant::now);
        self.wait.result(self.item.as_ref(), since + LIVE_LIMIT).await
    }
}

/// Waits until the numbers are kept free that an ephemeral entry took one of.
async fn reserved(reserve: &mut Option<store::StoreReply<()>>) -> Result<(), StoreError> {
    let Some(reserving) = reserve else { return Ok(()) };
    let reserved = reserving.await;
    *reserve = None;
    reserved
}

/// Whether a post whose key was used before is the same post again: in the same room, with the same text.
fn is_retry(room: RoomId, item: Option<&Item>, first: &live::KeyUse) -> bool {
    let is_same_text = |item: &Item| match &item.content {
        Content::Message(posted) => post_digest::of(room, posted.body.as_str()) == first.digest,
        _ => false,
    };
    room == first.room && item.is_some_and(is_same_text)
}

/// Refuses a write that the live store kept behind a refused one of its chain: the live store does not know chains. The
/// database does, and has refused it already.
pub(super) fn apply_chain(
    result: WriteResult,
    is_live: bool,
    chain: Option<ChainPlace>,
    broken: &BrokenChains,
) -> WriteResult {
    match result {
        WriteResult::Stored if is_live && chain.is_some_and(|place| broken.is_broken(place)) => {
            WriteResult::Refused(RoomError::ChainBroken)
        }
        result => result,
    }
}

/// The result of the write at the front of the FIFO; for ever under way where nothing is.
pub(super) async fn front_result(in_flight: &mut VecDeque<InFlight>) -> WriteResult {
    match in_flight.front_mut() {
        Some(write) => write.result().await,
        None => std::future::pending().await,
    }
}

/// Refuses a post once the database knows of it, or cannot: then this process alone does.
pub(super) fn answer_when_recorded(noted: store::StoreReply<()>, requester: Requester, error: RoomError) {
    if let Requester::Post(reply) = requester {
        tokio::spawn(async move {
            drop(tokio::time::timeout(RECORD_LIMIT, noted).await);
            answer(reply, Err(error));
        });
    }
}

/// Gives an answer; the asker may have gone.
pub(super) fn answer<T>(reply: Responder<T>, result: Result<T, RoomError>) {
    drop(reply.send(result));
}
