//! What a room is asked.

use bytes::Bytes;
use chat_proto::ids::{ConnectionId, Seq, UserId};
use chat_proto::message::Item;
use chat_proto::request::{Edit, Post, Posted};
use chat_proto::room::{Role, Room, Rsvp};
use chat_proto::text::{Description, TopicText};
use tokio::sync::oneshot;

use super::RoomError;
use crate::send_queue::SendQueue;
use crate::store::ChainLink;

/// Where the answer goes. Dropped unanswered it means: ask again.
pub(super) type Responder<T> = oneshot::Sender<Result<T, RoomError>>;

/// A post with what the session found out about it.
#[derive(Clone, Debug)]
pub(super) struct NewPost {
    pub by: UserId,
    pub post: Post,
    pub mentions: Vec<UserId>,
    /// The posts before it without which it must not stand.
    pub chain: Option<ChainLink>,
}

/// A change of one's own message.
#[derive(Clone, Debug)]
pub(super) struct NewChange {
    pub by: UserId,
    pub seq: Seq,
    /// The new text and its mentions; none: it is deleted.
    pub edit: Option<(Edit, Vec<UserId>)>,
    /// The message as the database has it, where the room did not have it at hand.
    pub known: Option<Item>,
}

/// What became of a change.
#[derive(Debug)]
pub(super) enum ChangeOutcome {
    Changed(Seq),
    /// The room does not have the message at hand: look it up and ask again. Where not all that is alive is known, it
    /// may yet come.
    Unknown {
        /// Whether what is alive is known.
        is_all_known: bool,
    },
}

/// What everyone may change about a room.
#[derive(Clone, Debug)]
pub(super) enum Setting {
    Topic(Option<TopicText>),
    Description(Option<Description>),
    Rsvp(Rsvp),
}

/// What a room is at one moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// As it travels.
    pub room: Room,
    /// The last number that was shown.
    pub head: Seq,
    /// What the one who asks may do there; none for others than members.
    pub role: Option<Role>,
}

/// The room's part of a page, taken at one moment.
#[derive(Debug)]
pub(super) struct PageSnapshot {
    /// The last number that was shown: nothing beyond it may be told.
    pub head: Seq,
    /// All that changed after the cursor, where the ring reaches back that far.
    pub from_ring: Option<Vec<Item>>,
    /// Every ephemeral message that is alive.
    pub ephemeral: Vec<Item>,
}

#[derive(Debug)]
pub(super) enum Command {
    Post(Box<NewPost>, Responder<Posted>),
    Change(Box<NewChange>, Responder<ChangeOutcome>),
    Set(UserId, Setting, Responder<Seq>),
    Join(UserId, Role, Responder<Snapshot>),
    Leave(UserId, Responder<()>),
    Subscribe(UserId, (ConnectionId, SendQueue), Responder<Seq>),
    Unsubscribe(ConnectionId),
    /// What changed after a number, all where it is [`Seq::ZERO`]; without one the ring is not asked.
    PageSnapshot(Option<Seq>, Responder<PageSnapshot>),
    Snapshot(UserId, Responder<Snapshot>),
    /// Frames without a number, for all who listen but one connection.
    Transient(Bytes, Option<ConnectionId>),
    /// Frames without a number, for those who listen and are members.
    ToMembers(Bytes),
    /// A thing as it is now, where the room has it at hand.
    Find(Seq, Responder<Option<Item>>),
    /// Answered once all that was accepted before has completed.
    Drain(Responder<()>),
}

impl Command {
    /// Answers that it is not done.
    pub(super) fn refuse(self, error: &RoomError) {
        // The caller may have gone.
        match self {
            Self::Post(_, reply) => drop(reply.send(Err(error.clone()))),
            Self::Change(_, reply) => drop(reply.send(Err(error.clone()))),
            Self::Set(_, _, reply) | Self::Subscribe(_, _, reply) => drop(reply.send(Err(error.clone()))),
            Self::Join(_, _, reply) | Self::Snapshot(_, reply) => drop(reply.send(Err(error.clone()))),
            Self::Leave(_, reply) | Self::Drain(reply) => drop(reply.send(Err(error.clone()))),
            Self::PageSnapshot(_, reply) => drop(reply.send(Err(error.clone()))),
            Self::Find(_, reply) => drop(reply.send(Err(error.clone()))),
            Self::Unsubscribe(_) | Self::Transient(..) | Self::ToMembers(_) => {}
        }
    }
}
