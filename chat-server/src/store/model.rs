//! The values that go into the database and come out of it. Must not know how a database keeps them.

use chat_proto::cursor::Cursor;
use chat_proto::ids::{ClientKey, RoomId, Run, Seq, SessionId, UserId};
use chat_proto::limits::{PAGE_BUDGET_BYTES, page_items_max};
use chat_proto::message::{Content, Item, JoinRun, Message};
use chat_proto::presence::ChosenAvailability;
use chat_proto::room::{ReadMarker, Role, Room, RoomKind, Rsvp, RsvpCounts, User};
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
    /// The user of this machine it belongs to, if any.
    pub os_uid: Option<u32>,
    /// The hash of its password, as a PHC string.
    pub password: Option<String>,
    /// The availability it chose.
    pub availability: ChosenAvailability,
    /// Its status text.
    pub status: Option<StatusText>,
    /// When its last connection ended.
    pub last_seen: Option<UnixMillis>,
    /// Whether this request created it.
    pub is_new: bool,
}

impl Account {
    /// The account as others see it.
    pub fn user(&self) -> User {
        User { id: self.id, name: self.name.clone() }
    }
}

/// A new sign-in.
#[derive(Clone, Debug)]
pub struct NewSignIn {
    /// Its account.
    pub account: UserId,
    /// SHA-256 of its token.
    pub token_hash: [u8; 32],
    /// When it was made.
    pub at: UnixMillis,
}

/// A sign-in found by its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInRow {
    /// The sign-in.
    pub id: SessionId,
    /// Its account.
    pub account: Account,
}

/// Rooms that one account may be a member of.
pub const ROOMS_MAX: u32 = 1_000;

/// A new room.
#[derive(Clone, Debug)]
pub struct NewRoom {
    /// Who may see it.
    pub kind: RoomKind,
    /// Its name.
    pub name: RoomName,
    /// Its topic.
    pub topic: Option<TopicText>,
    /// Its description.
    pub description: Option<Description>,
    /// The life of messages that name none, in milliseconds; `None` makes them persistent.
    pub default_ttl_ms: Option<u64>,
    /// Whether it closes when its last member leaves.
    pub closes_when_empty: bool,
    /// Its creator.
    pub by: UserId,
    /// When it is created.
    pub at: UnixMillis,
}

/// A room as the database has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRoom {
    /// Its public facts.
    pub room: Room,
    /// The number of its last persistent change, with the last run that gave a number in it.
    pub head: Cursor,
    /// When its last persistent message was accepted.
    pub last_message_at: Option<UnixMillis>,
}

/// The state a room's actor starts with.
#[derive(Clone, Debug)]
pub struct RoomState {
    /// The room.
    pub room: StoredRoom,
    /// No number up to this one may be assigned again.
    pub reserved_up_to: Seq,
    /// Its members with their roles.
    pub members: Vec<(UserId, Role)>,
    /// The answers of its members who have given one.
    pub answers: Vec<MemberAnswer>,
    /// Its newest items by rising `changed`, for the ring.
    pub recent: Vec<Item>,
    /// Whether `recent` holds all its items.
    pub is_whole: bool,
    /// Its last messages with the other items between them.
    pub end: StoredHistory,
    /// Ephemeral posts, edits and deletions that were refused and must not appear.
    pub refused: Vec<ChangeId>,
    /// The runs of the server that gave numbers in it, by rising number. The last is the present one, whether it has given
    /// any or not.
    pub runs: Vec<RunStart>,
}

/// Where a run of the server began in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunStart {
    /// The run.
    pub run: Run,
    /// The number of the last persistent change before it.
    pub head: Seq,
    /// The last number that earlier runs gave or reserved: the run's own numbers are higher.
    pub given: Seq,
}

/// How much of a room's past is read at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryBounds {
    /// Most messages.
    pub messages: u32,
    /// Most items, messages included.
    pub items: u32,
    /// Once so many bytes of texts are read, no more items are.
    pub bytes: usize,
    /// Places that no run of joins may enclose, by rising number: those of items that the database does not have.
    pub dividers: Vec<Seq>,
}

impl HistoryBounds {
    /// A page with so many messages.
    pub fn page(messages: u32) -> Self {
        Self { messages, items: page_items_max(messages), bytes: PAGE_BUDGET_BYTES, dividers: Vec::new() }
    }
}

/// How much of a room its actor starts with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecentBounds {
    /// Most of the items that changed last.
    pub events: u32,
    /// Most of the last messages.
    pub messages: u32,
    /// Once so many bytes of texts are read of either, no more are.
    pub bytes: usize,
}

/// A part of a room's past.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredHistory {
    /// Its items but for joins and leaves, by falling `seq`.
    pub items: Vec<Item>,
    /// The joins and leaves after the last of the items, by falling `seq`: no run encloses an item.
    pub joins: Vec<JoinRun>,
    /// Whether it reaches the room's beginning.
    pub is_whole: bool,
}

/// A member's answer with the item that holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberAnswer {
    /// Whose.
    pub user: UserId,
    /// The answer.
    pub rsvp: Rsvp,
    /// The item's place.
    pub seq: Seq,
    /// When the first answer was given.
    pub at: UnixMillis,
}

/// A change of an item, by two numbers: another process may have given one of them to something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangeId {
    /// The change's own number.
    pub changed: Seq,
    /// The item's place; a post's two numbers are the same.
    pub seq: Seq,
}

impl ChangeId {
    /// A post.
    pub fn post(seq: Seq) -> Self {
        Self { changed: seq, seq }
    }
}

/// An ephemeral post, edit or deletion that was refused while the live store may have kept it. Only its numbers: the
/// database holds nothing of an ephemeral message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefusedChange {
    /// Its room.
    pub room: RoomId,
    /// Its numbers.
    pub id: ChangeId,
    /// When it was refused.
    pub at: UnixMillis,
    /// Until when the live store may hold anything of it.
    pub until: UnixMillis,
}

/// An item to append.
#[derive(Clone, Debug)]
pub struct Append {
    /// Its room.
    pub room: RoomId,
    /// Its number, assigned by the room's actor.
    pub seq: Seq,
    /// When it was accepted.
    pub at: UnixMillis,
    /// Its author.
    pub by: UserId,
    /// Its content.
    pub content: Content,
    /// Its place in a chain; `None` if it stands alone.
    pub chain: Option<ChainPlace>,
}

impl Append {
    /// The message and its key, if it is a message.
    pub fn message(&self) -> Option<(&Message, Option<&ClientKey>)> {
        self.content.message().map(|message| (message, message.key.as_ref()))
    }

    /// The item it becomes.
    pub fn item(&self) -> Item {
        Item { seq: self.seq, changed: self.seq, at: self.at, by: self.by, content: self.content.clone() }
    }
}

/// The outcome of an [`Append`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The item's number; the first message's if the key had been used.
    pub seq: Seq,
    /// When that item was accepted.
    pub at: UnixMillis,
    /// Whether the key had been used, so that nothing was appended.
    pub is_duplicate: bool,
}

/// The kinds of changes of an item. A store handles each by name: one that it does not know must not compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revision {
    /// A message's text is replaced; `item` is the message in its new state.
    Edit,
    /// A message becomes a tombstone; its text is gone.
    Delete,
    /// The author of an RSVP item changes its answer; the membership holds the new one, too.
    Answer(Rsvp),
}

/// A change of an item that was appended before.
#[derive(Clone, Debug)]
pub struct Change {
    /// Its room.
    pub room: RoomId,
    /// The kind of change.
    pub revision: Revision,
    /// The item in its new state; `item.changed` is the change's number.
    pub item: Item,
    /// When it was accepted.
    pub at: UnixMillis,
}

/// A change of a membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberState {
    /// `by` becomes a member with this role.
    Joins(Role),
    /// `by` leaves.
    Leaves,
    /// `by` answers whether they take part.
    Answers(Rsvp),
}

/// A member as listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRow {
    /// The account.
    pub user: User,
    /// Its role.
    pub role: Role,
    /// Its answer.
    pub rsvp: Rsvp,
}

/// A room's counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoomCounts {
    /// Persistent messages that were not deleted.
    pub messages: u64,
    /// The answers of members.
    pub rsvp: RsvpCounts,
}

/// Messages of a room from one to another, and how many they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageRange {
    /// The first.
    pub first: Seq,
    /// The last.
    pub last: Seq,
    /// How many there are, deleted ones included.
    pub messages: u32,
}

/// A read marker after a request to move it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedMarker {
    /// The marker as it is then.
    pub read_marker: ReadMarker,
    /// Whether it moved.
    pub has_moved: bool,
}

/// The work of a store since it was opened, for the log and for `/metrics`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreFigures {
    /// The writes of each commit.
    pub batch_writes: Distribution,
    /// How long commits took, in microseconds: from the first write until the disk held them all.
    pub commit_us: Distribution,
    /// Bytes that are safe on the disk and wait to be moved to their final place, as of a moment ago; 0 if the
    /// database has no such stage.
    pub backlog_bytes: u64,
    /// Bytes of the database without them, as of a moment ago.
    pub database_bytes: u64,
}
