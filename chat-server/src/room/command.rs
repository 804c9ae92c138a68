//! The commands of a room's mailbox: those of a caller, which carry it, and the server's own, which carry none. Must not
//! know who may do what; the actor asks the access table about a caller before it looks at the command.

use std::sync::Arc;

use chat_proto::cursor::{Cursor, Parted};
use chat_proto::ids::{ConnectionId, Seq, UserId};
use chat_proto::message::Item;
use chat_proto::request::{Post, Posted};
use chat_proto::room::{Role, Room, Rsvp, RsvpCounts};
use chat_proto::text::{Description, MessageBody, TopicText};
use tokio::sync::oneshot;

use super::RoomError;
use crate::access::{Caller, RoomAction};
use crate::live::EphemeralEntry;
use crate::push::Push;
use crate::send_queue::SendQueue;
use crate::store::{ChainPlace, StoredHistory};

/// Takes the answer. Dropped without one, it tells the caller to ask again.
pub(super) type Responder<T> = oneshot::Sender<Result<T, RoomError>>;

/// A post with the accounts it mentions and its place in a chain.
#[derive(Clone, Debug)]
pub(super) struct NewPost {
    pub caller: Caller,
    pub post: Post,
    pub mentions: Vec<UserId>,
    /// Its place in a chain; if a post before it was refused, so is this one.
    pub chain: Option<ChainPlace>,
}

/// An edit or a deletion of a message.
#[derive(Clone, Debug)]
pub(super) struct NewChange {
    pub caller: Caller,
    pub seq: Seq,
    pub kind: ChangeKind,
    /// The message as the database has it; `None` if the room is expected to have it in memory.
    pub known: Option<Item>,
}

/// The kinds of change that a message can undergo.
#[derive(Clone, Debug)]
pub(super) enum ChangeKind {
    Edit { body: MessageBody, mentions: Vec<UserId> },
    Delete,
}

/// A change that was made.
#[derive(Clone, Debug)]
pub struct ChangedMessage {
    /// The number of the change.
    pub changed: Seq,
    /// The accounts that the message mentioned before.
    pub mentioned_before: Vec<UserId>,
    /// The accounts that it mentions now.
    pub mentioned_now: Vec<UserId>,
}

/// The result of a change.
#[derive(Debug)]
pub(super) enum ChangeOutcome {
    Changed(ChangedMessage),
    /// The room does not have the message in memory: look it up in the database and ask again.
    Unknown {
        /// Whether the room knows every ephemeral message; if not, this one may still turn up.
        is_all_known: bool,
    },
}

/// A setting of a room.
#[derive(Clone, Debug)]
pub(super) enum Setting {
    Topic(Option<TopicText>),
    Description(Option<Description>),
}

/// A room at one moment, as one caller sees it.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The room in its wire form.
    pub room: Room,
    /// The cursor of a client that has applied everything that was shown.
    pub head: Cursor,
    /// The caller's role; `None` if it is not a member.
    pub role: Option<Role>,
}

/// The result of joining.
#[derive(Clone, Debug)]
pub struct Joined {
    /// The room with its new member.
    pub snapshot: Snapshot,
    /// Whether the account became a member now; `false` if it was one before.
    pub is_new: bool,
}

/// The page of which the room has a part.
#[derive(Clone, Copy, Debug)]
pub(super) enum PageWanted {
    /// The changes after a cursor; all of them after [`Cursor::START`].
    Changes(Cursor),
    /// The room's last messages, so many.
    End(u32),
    /// The messages before a number, so many.
    Past(Seq, u32),
}

/// The room's part of a page, taken at one moment.
#[derive(Debug)]
pub(super) struct PageSnapshot {
    /// The last number that was shown, as a cursor: nothing beyond it may be sent.
    pub head: Cursor,
    /// Set if the cursor asked for belongs to another life of the data; then nothing follows it.
    pub parted: Option<Parted>,
    /// All that changed after the cursor; `None` if the ring does not reach back that far.
    pub from_ring: Option<Vec<Item>>,
    /// The room's last persistent messages; `None` if as many as wanted are not in memory.
    pub end: Option<StoredHistory>,
    /// The ephemeral messages that have not expired, as far as the page can hold them, by rising number.
    pub ephemeral: Vec<EphemeralEntry>,
}

impl PageSnapshot {
    /// Only the room's head.
    pub(super) fn at(head: Cursor) -> Self {
        Self { head, parted: None, from_ring: None, end: None, ephemeral: Vec::new() }
    }
}

/// A command. Those with a [`Responder`] are answered once.
///
/// Those of a caller carry it, and the access table decides them before anything else. The server's own carry none:
/// nothing they return may leave the server, and a push reaches only the listeners that the table lets see it.
#[derive(Debug)]
pub(super) enum Command {
    // Of a caller.
    Post(Box<NewPost>, Responder<Posted>),
    Change(Box<NewChange>, Responder<ChangeOutcome>),
    Set(Caller, Setting, Responder<Seq>),
    /// Says whether the caller takes part. Answers with the room's answers after it.
    Rsvp(Caller, Rsvp, Responder<RsvpCounts>),
    Join(Caller, Responder<Joined>),
    /// Answers with the members that remain; `None` if the caller was not one.
    Leave(Caller, Responder<Option<u32>>),
    Subscribe(Caller, (ConnectionId, SendQueue), Responder<Seq>),
    /// Shows that the caller is typing over this connection, or has stopped.
    Type(Caller, (ConnectionId, bool), Responder<()>),
    PageSnapshot(Caller, RoomAction, PageWanted, Responder<PageSnapshot>),
    Snapshot(Caller, RoomAction, Responder<Snapshot>),
    /// An item in its present state, if the room has it in memory.
    Find(Caller, RoomAction, Seq, Responder<Option<Item>>),
    // The server's own.
    /// Makes an account a member, whatever the table says: of `#general`, or of the room it has just made.
    Admit(UserId, Role, Responder<Joined>),
    /// A connection gives up its subscription; it can end no other's. Answered once nothing is pushed to it any more.
    Unsubscribe(ConnectionId, Option<Responder<()>>),
    /// A push without a number, for the listeners that may do this in the room, but for one connection.
    Transient(Arc<Push>, RoomAction, Option<ConnectionId>),
    /// A member who had stopped types again over this connection, and the listeners may be notified now.
    TypingDue(ConnectionId),
    /// The database has removed the persistent messages up to this number.
    ForgetPruned(Seq),
    /// Answered once everything accepted before has completed.
    Drain(Responder<()>),
}

impl Command {
    /// The caller and the action to be decided; `None` for the server's own commands.
    pub(super) fn access(&self) -> Option<(&Caller, RoomAction)> {
        match self {
            Self::Post(new, _) => {
                Some((&new.caller, if new.post.reply_to.is_some() { RoomAction::Reply } else { RoomAction::Post }))
            }
            Self::Change(new, _) => match new.kind {
                ChangeKind::Edit { .. } => Some((&new.caller, RoomAction::EditOwn)),
                ChangeKind::Delete => Some((&new.caller, RoomAction::DeleteOwn)),
            },
            Self::Set(caller, Setting::Topic(_), _) => Some((caller, RoomAction::SetTopic)),
            Self::Set(caller, Setting::Description(_), _) => Some((caller, RoomAction::SetDescription)),
            Self::Rsvp(caller, ..) => Some((caller, RoomAction::Rsvp)),
            Self::Join(caller, _) => Some((caller, RoomAction::Join)),
            Self::Leave(caller, _) => Some((caller, RoomAction::Leave)),
            Self::Subscribe(caller, ..) => Some((caller, RoomAction::Subscribe)),
            Self::Type(caller, ..) => Some((caller, RoomAction::Type)),
            Self::PageSnapshot(caller, action, ..)
            | Self::Snapshot(caller, action, _)
            | Self::Find(caller, action, ..) => Some((caller, *action)),
            Self::Admit(..)
            | Self::Unsubscribe(..)
            | Self::Transient(..)
            | Self::TypingDue(_)
            | Self::ForgetPruned(_)
            | Self::Drain(_) => None,
        }
    }

    /// Whether a room with too many changes in flight refuses it. The server's own commands are not changes, but for an
    /// admission, and nobody would repeat them.
    pub(super) fn is_refused_when_busy(&self) -> bool {
        self.access().is_some() || matches!(self, Self::Admit(..))
    }

    /// Answers that it is not done. The actor breaks the chain of a post.
    pub(super) fn refuse(self, error: &RoomError) {
        fn refused<T>(reply: Responder<T>, error: &RoomError) {
            // The caller may have gone.
            drop(reply.send(Err(error.clone())));
        }
        match self {
            Self::Post(_, reply) => refused(reply, error),
            Self::Change(_, reply) => refused(reply, error),
            Self::Set(_, _, reply) | Self::Subscribe(_, _, reply) => refused(reply, error),
            Self::Rsvp(_, _, reply) => refused(reply, error),
            Self::Join(_, reply) | Self::Admit(_, _, reply) => refused(reply, error),
            Self::Leave(_, reply) => refused(reply, error),
            Self::Type(_, _, reply) | Self::Drain(reply) => refused(reply, error),
            Self::PageSnapshot(.., reply) => refused(reply, error),
            Self::Snapshot(.., reply) => refused(reply, error),
            Self::Find(.., reply) => refused(reply, error),
            Self::Unsubscribe(_, reply) => reply.into_iter().for_each(|reply| refused(reply, error)),
            Self::Transient(..) | Self::TypingDue(_) | Self::ForgetPruned(_) => {}
        }
    }
}
