//! What goes into the database and comes out of it.

use chat_proto::ids::{ClientKey, RoomId, Seq, SessionId, UserId};
use chat_proto::message::{Content, Item, Message};
use chat_proto::presence::ChosenAvailability;
use chat_proto::room::{Role, Room, RoomKind, Rsvp, RsvpCounts, User};
use chat_proto::text::{Description, RoomName, StatusText, TopicText, Username};
use chat_proto::time::UnixMillis;

use super::chain::ChainPlace;
use crate::histogram::Distribution;

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: UserId,
    /// Its name.
    pub name: Username,
    /// The user of this machine it belongs to.
    pub os_uid: Option<u32>,
    /// Its password's hash, as a PHC string.
    pub password: Option<String>,
    /// What it chose to appear as.
    pub availability: ChosenAvailability,
    /// What it says of itself.
    pub status: Option<StatusText>,
    /// When its last connection ended.
    pub last_seen: Option<UnixMillis>,
    /// Whether this very request made it.
    pub is_new: bool,
}

impl Account {
    /// The account as others see it.
    pub fn user(&self) -> User {
        User { id: self.id, name: self.name.clone() }
    }
}

/// A sign-in to be kept.
#[derive(Clone, Debug)]
pub struct NewSignIn {
    /// Whose.
    pub account: UserId,
    /// SHA-256 of its token.
    pub token_hash: [u8; 32],
    /// When.
    pub at: UnixMillis,
}

/// A sign-in found by its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInRow {
    /// The sign-in.
    pub id: SessionId,
    /// Whose.
    pub account: Account,
}

/// A room to be made.
#[derive(Clone, Debug)]
pub struct NewRoom {
    /// Who may see it.
    pub kind: RoomKind,
    /// Its name.
    pub name: RoomName,
    /// Its topic.
    pub topic: Option<TopicText>,
    /// What it is for.
    pub description: Option<Description>,
    /// The life of messages that name none, in milliseconds.
    pub default_ttl_ms: Option<u64>,
    /// Whether it closes when its last member leaves.
    pub closes_when_empty: bool,
    /// Who makes it.
    pub by: UserId,
    /// When.
    pub at: UnixMillis,
}

/// A room as the database has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRoom {
    /// As it travels.
    pub room: Room,
    /// Its last number.
    pub head: Seq,
    /// When its last persistent message came.
    pub last_message_at: Option<UnixMillis>,
}

/// What a room's actor begins with.
#[derive(Clone, Debug)]
pub struct RoomState {
    /// The room.
    pub room: StoredRoom,
    /// No number up to here may be given again.
    pub reserved_up_to: Seq,
    /// Its members with their roles.
    pub members: Vec<(UserId, Role)>,
    /// Its newest items by rising `changed`: what the ring holds.
    pub recent: Vec<Item>,
    /// Whether `recent` is all there is.
    pub is_whole: bool,
    /// Numbers of ephemeral posts that were refused, and must not appear.
    pub refused: Vec<Seq>,
}

/// An ephemeral post that was refused while the live store may have kept it. Only its number: the database holds nothing
/// of what expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefusedPost {
    /// Where.
    pub room: RoomId,
    /// Its number.
    pub seq: Seq,
    /// When.
    pub at: UnixMillis,
    /// Until when the live store may hold anything of it.
    pub until: UnixMillis,
}

/// A thing that takes a number.
#[derive(Clone, Debug)]
pub struct Append {
    /// Where.
    pub room: RoomId,
    /// Its number, given by the room's actor.
    pub seq: Seq,
    /// When.
    pub at: UnixMillis,
    /// Who.
    pub by: UserId,
    /// What.
    pub content: Content,
    /// Its place in a chain; `None` if it stands alone.
    pub chain: Option<ChainPlace>,
}

impl Append {
    /// The message and its key, where it is one.
    pub fn message(&self) -> Option<(&Message, Option<&ClientKey>)> {
        match &self.content {
            Content::Message(message) => Some((message, message.key.as_ref())),
            _ => None,
        }
    }

    /// The item it becomes.
    pub fn item(&self) -> Item {
        Item { seq: self.seq, changed: self.seq, at: self.at, by: self.by, content: self.content.clone() }
    }
}

/// What became of an [`Append`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Its number: the first one's where the key had been used.
    pub seq: Seq,
    /// When it was accepted.
    pub at: UnixMillis,
    /// Whether the key had been used, so that nothing was added.
    pub is_duplicate: bool,
}

/// What is done to a message that stands already.
#[derive(Clone, Debug)]
pub enum Revision {
    /// Its text is replaced; `item` is the message in its new state.
    Edit,
    /// It becomes a tombstone; its text is gone.
    Delete,
}

/// A change of a message that stands already.
#[derive(Clone, Debug)]
pub struct Change {
    /// Where.
    pub room: RoomId,
    /// What is done.
    pub revision: Revision,
    /// The item in its new state; `item.changed` is the change's number.
    pub item: Item,
    /// When.
    pub at: UnixMillis,
}

/// A membership as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberState {
    /// `by` becomes a member with this role.
    Joins(Role),
    /// `by` is no longer a member.
    Leaves,
    /// `by` takes part, or not.
    Answers(Rsvp),
}

/// A member as listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRow {
    /// Who.
    pub user: User,
    /// What they may do.
    pub role: Role,
    /// Whether they take part.
    pub rsvp: Rsvp,
}

/// A room's counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoomCounts {
    /// Persistent messages that were not deleted.
    pub messages: u64,
    /// Who takes part.
    pub rsvp: RsvpCounts,
}

/// What a store has done since it was opened, for the log and for `/metrics`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreFigures {
    /// The writes of each commit.
    pub batch_writes: Distribution,
    /// How long commits took, in microseconds: from the first write until the disk held them all.
    pub commit_us: Distribution,
    /// Bytes that are safe on the disk and wait to be moved to their final place, as of a moment ago; 0 if the
    /// database has no such stage.
    pub backlog_bytes: u64,
}
