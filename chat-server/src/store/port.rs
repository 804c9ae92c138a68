//! The ports: what the server needs of a database, by need. Must not know which database it is.
//!
//! These rules hold for every port:
//!
//! - **Nothing blocks.** A request is queued before its call returns; the [`StoreReply`] brings the answer. A full queue
//!   refuses at once with [`StoreError::Busy`](super::StoreError::Busy), and nothing is done.
//! - **Writes of one room are carried out in the order of the calls.** So are the writes of one account. Between two
//!   rooms or two accounts no order is promised.
//! - **A write is answered once it would survive a power cut.** A write that fails leaves no trace.
//! - **Reads see every write that was answered before the read was asked for.** They may or may not see writes under
//!   way, except where a method says so.
//! - **A record that cannot be read is an error**, [`StoreError::Unreadable`](super::StoreError::Unreadable), not a
//!   default. An item that cannot be read is [`Content::Damaged`](chat_proto::message::Content::Damaged) at its place: it
//!   must not hide the others.

use chat_proto::ids::{ClientKey, Epoch, RoomId, Run, Seq, SessionId, UserId};
use chat_proto::message::{Item, Version};
use chat_proto::presence::ChosenAvailability;
use chat_proto::room::{Membership, ReadMarker, Role, Rsvp, User};
use chat_proto::text::{RoomName, StatusText, Username};
use chat_proto::time::UnixMillis;
use tokio::sync::watch;

use super::model::{
    Account, Append, Appended, Change, HistoryBounds, MemberRow, MemberState, MessageRange, MovedMarker, NewRoom,
    NewSignIn, RecentBounds, RefusedChange, RoomCounts, RoomState, SignInRow, StoredHistory, StoredRoom,
};
use super::{Health, StoreFigures, StoreReply};

/// All ports of one database. Parts of the server take the ports they need; handlers of requests need them all.
pub trait Store: RoomStore + Accounts + ReadMarkers + Retention + Lifecycle {}

impl<T: RoomStore + Accounts + ReadMarkers + Retention + Lifecycle> Store for T {}

/// The ports of a room's actor.
pub trait RoomStore: Rooms + Members + Timeline {}

impl<T: Rooms + Members + Timeline> RoomStore for T {}

/// Accounts and their sign-ins.
pub trait Accounts: Send + Sync + 'static {
    /// Returns the account of a user of this machine. Creates it at the first call, named `name`, with a number
    /// appended if that name is taken.
    fn account_for_uid(&self, uid: u32, name: Username, at: UnixMillis) -> StoreReply<Account>;

    /// Creates an account with the hash of a password.
    ///
    /// # Errors
    /// `NameTaken` if an account has this name or one that looks like it.
    fn create_account(&self, name: Username, password: String, at: UnixMillis) -> StoreReply<Account>;

    /// Returns the account of a name.
    fn account_by_name(&self, name: Username) -> StoreReply<Option<Account>>;

    /// Returns whether anyone has an account.
    fn has_accounts(&self) -> StoreReply<bool>;

    /// Returns an account.
    fn account(&self, id: UserId) -> StoreReply<Option<Account>>;

    /// Returns accounts in any order. Unknown ids are left out.
    fn accounts(&self, ids: Vec<UserId>) -> StoreReply<Vec<Account>>;

    /// Returns the names of accounts in any order. Unknown ids are left out.
    fn users(&self, ids: Vec<UserId>) -> StoreReply<Vec<User>>;

    /// Returns the accounts of names in any order. Unknown names are left out.
    fn users_by_name(&self, names: Vec<Username>) -> StoreReply<Vec<User>>;

    /// Replaces the hash of a password and ends all sign-ins but `keep`. Returns the sign-ins that ended.
    fn set_password(&self, id: UserId, hash: String, keep: Option<SessionId>) -> StoreReply<Vec<SessionId>>;

    /// Sets the chosen availability and the status text; `None` clears the text.
    fn set_status(&self, id: UserId, chosen: ChosenAvailability, status: Option<StatusText>) -> StoreReply<()>;

    /// Sets when the account's last connection ended.
    fn set_last_seen(&self, id: UserId, at: UnixMillis) -> StoreReply<()>;

    /// Adds a sign-in.
    fn create_sign_in(&self, sign_in: NewSignIn) -> StoreReply<SessionId>;

    /// Returns the sign-in with this SHA-256 of its token.
    fn sign_in_by_token(&self, token_hash: [u8; 32]) -> StoreReply<Option<SignInRow>>;

    /// Ends a sign-in. Does nothing if it has ended.
    fn revoke_sign_in(&self, id: SessionId) -> StoreReply<()>;
}

/// Rooms as a whole: which there are, and how a room's actor starts and ends.
pub trait Rooms: Send + Sync + 'static {
    /// Creates a room whose only member is its creator, as owner, with the event of the join; all or nothing. A closed
    /// room of the same name and kind opens again with its id, its numbers and its history; a private one only for the
    /// account that created it.
    ///
    /// # Errors
    /// `TooManyRooms`; `NameTaken` if a room has, or had, this name or one that looks like it, and may not be reopened.
    fn create_room(&self, room: NewRoom) -> StoreReply<StoredRoom>;

    /// Returns an open room.
    fn room(&self, id: RoomId) -> StoreReply<Option<StoredRoom>>;

    /// Returns open rooms by a present or a former name, in the order of `names`. Unknown names are left out.
    fn rooms_by_name(&self, names: Vec<RoomName>) -> StoreReply<Vec<StoredRoom>>;

    /// Returns the open rooms that `viewer` may see, by rising name after `after`, at most `limit`, each with the role of
    /// `viewer` in it, `None` if it is not a member.
    fn list_rooms(
        &self,
        viewer: UserId,
        after: Option<RoomName>,
        limit: u32,
    ) -> StoreReply<Vec<(StoredRoom, Option<Role>)>>;

    /// Returns the state a room's actor starts with, its recent items within the bounds. Sees **every write asked for
    /// before**, answered or not: an actor must see the last writes of the one it follows.
    ///
    /// # Errors
    /// `NotFound` if the room does not exist or is closed.
    fn room_state(&self, id: RoomId, bounds: RecentBounds) -> StoreReply<RoomState>;

    /// Counts messages and answers.
    fn room_counts(&self, room: RoomId) -> StoreReply<RoomCounts>;
}

/// Memberships.
pub trait Members: Send + Sync + 'static {
    /// Changes a membership and appends its event, both or neither. A new member has read everything up to the event.
    /// A member who leaves loses the read marker and the answer.
    ///
    /// A room that closes when it is empty is closed by the leave of its last member: lists and names no longer lead to
    /// it; its name, its numbers and its history are kept for [`Rooms::create_room`].
    ///
    /// # Errors
    /// `NotFound` if the account leaves or answers and is no member; `TooManyRooms` if it joins; else as [`Timeline::append`].
    fn change_member(&self, event: Append, state: MemberState) -> StoreReply<Appended>;

    /// Returns members by rising name after `after`, at most `limit`.
    fn members(&self, room: RoomId, after: Option<Username>, limit: u32) -> StoreReply<Vec<MemberRow>>;

    /// Returns a member's answer; [`Rsvp::default`] for one who gave none, and for others.
    fn rsvp(&self, room: RoomId, account: UserId) -> StoreReply<Rsvp>;

    /// Returns the rooms of an account in the order of [`memberships`](Self::memberships). Counts nothing.
    fn rooms_of(&self, account: UserId) -> StoreReply<Vec<RoomId>>;

    /// Returns the open rooms of an account by rising name, each with its read marker. The number of queries does not
    /// grow with the number of rooms.
    fn memberships(&self, account: UserId) -> StoreReply<Vec<Membership>>;
}

/// The items of rooms, and the numbers they take.
pub trait Timeline: Send + Sync + 'static {
    /// Appends an item under the number its room's actor assigned. In the same transaction:
    ///
    /// - the room's head becomes at least `event.seq`;
    /// - a message counts in [`Rooms::room_counts`], becomes the room's last message, and is unread, with its mentions,
    ///   for all members but its author; no read marker moves;
    /// - a topic, a description or a name becomes the room's. The former name keeps leading to the room.
    ///
    /// A message whose key its author used before is not appended: the answer holds the first message's number and
    /// time, and `is_duplicate`.
    ///
    /// An append of a **chain** is refused if an earlier place of the chain was refused, for any reason and in any room,
    /// also if it was queued before that refusal. The places of a chain must be asked for in rising order. A store
    /// remembers as many broken chains as its queue holds appends, the latest ones, until it closes.
    ///
    /// # Errors
    /// `KeyReused` if the key stands for another text or room; `NameTaken` for a name; `ChainBroken`.
    fn append(&self, event: Append) -> StoreReply<Appended>;

    /// Changes an item as its [`Revision`](super::Revision) says. In the same transaction the room's head becomes at least `item.changed`, and mentions
    /// follow the new text. An edit keeps the former text as a version. A deletion removes the text and all its
    /// versions from the database, in every file of it within a minute; the message no longer counts.
    /// A changed answer becomes the membership's answer, and changes nothing else.
    ///
    /// # Errors
    /// `NotFound` if the room has no such item of the kind that the revision changes: a message that is not deleted, or
    /// the item of a member's answer.
    fn change(&self, change: Change) -> StoreReply<()>;

    /// Returns an item.
    fn item(&self, room: RoomId, seq: Seq) -> StoreReply<Option<Item>>;

    /// Returns the newest items with `seq < before` within the bounds, at least one if there is any, with joins and leaves
    /// condensed. The work does not grow with the number of joins.
    fn history(&self, room: RoomId, before: Option<Seq>, bounds: HistoryBounds) -> StoreReply<StoredHistory>;

    /// Returns items with `changed > after` by rising `changed`, at most `limit`.
    fn changes(&self, room: RoomId, after: Seq, limit: u32) -> StoreReply<Vec<Item>>;

    /// Returns the former texts of a message, oldest first.
    fn versions(&self, room: RoomId, seq: Seq) -> StoreReply<Vec<Version>>;

    /// Whether an account used this key for a message, deleted ones included.
    fn is_key_used(&self, account: UserId, key: ClientKey) -> StoreReply<bool>;

    /// Reserves the room's numbers up to `reserved_up_to`: after a restart none of them is assigned again. Never
    /// lowers a reservation.
    fn reserve_seqs(&self, room: RoomId, reserved_up_to: Seq) -> StoreReply<()>;

    /// Records that an ephemeral post, edit or deletion was refused, until the live store can hold nothing of it. Forgets the room's
    /// records whose time is over.
    fn note_refused(&self, change: RefusedChange) -> StoreReply<()>;
}

/// How far accounts have read.
pub trait ReadMarkers: Send + Sync + 'static {
    /// Returns a member's read marker with the counts after it: persistent messages that others posted and nobody
    /// deleted. They are those of the moment when the room's head was `counted_to`. The work does not grow with what is
    /// unread.
    ///
    /// # Errors
    /// `NotFound` if the account is no member.
    fn read_marker(&self, account: UserId, room: RoomId) -> StoreReply<ReadMarker>;

    /// Moves a read marker forward, or anywhere with `rewind`; at most to the last number the room may have given:
    /// its head, or what it has reserved for ephemeral messages.
    ///
    /// # Errors
    /// `NotFound` if the account is no member.
    fn set_read(&self, account: UserId, room: RoomId, seq: Seq, rewind: bool) -> StoreReply<MovedMarker>;
}

/// The removal of old messages, in small steps: each is whole, and those that remain can be removed later.
pub trait Retention: Send + Sync + 'static {
    /// When the newest persistent message was accepted, over all rooms; `None` if there never was one.
    fn newest_message_at(&self) -> StoreReply<Option<UnixMillis>>;

    /// Returns the rooms whose oldest message was accepted before `before`, closed ones, too.
    fn rooms_with_messages_before(&self, before: UnixMillis) -> StoreReply<Vec<RoomId>>;

    /// Returns the oldest messages of a room, up to the first that was not accepted before `before`: as many as one
    /// [`prune`](Self::prune) may remove. `None` if there are none.
    fn oldest_before(&self, room: RoomId, before: UnixMillis) -> StoreReply<Option<MessageRange>>;

    /// Removes the messages of a range from [`oldest_before`](Self::oldest_before), deleted ones, too, with their mentions,
    /// versions and keys. Their texts leave every file of the database within a minute, as those of deleted messages do. Takes
    /// no number. In the same transaction [`Room::pruned_to`](chat_proto::room::Room::pruned_to) becomes the range's end, and
    /// everything up to there counts as read for all members.
    fn prune(&self, room: RoomId, range: MessageRange) -> StoreReply<()>;
}

/// The life of the database itself.
pub trait Lifecycle: Send + Sync + 'static {
    /// Names the data: another value means that all numbers begin anew. Copies of the data have the same.
    fn epoch(&self) -> Epoch;

    /// The run of the server for which the store was opened. The first write that takes or reserves a number of a room
    /// records, in its own transaction, the run and the room's numbers before it ([`RoomState::runs`]); a store keeps the
    /// last 256 of each room, or more.
    fn run(&self) -> Run;

    /// Whether writes are taken. A store that cannot write tries again by itself and reports when it can.
    fn health(&self) -> watch::Receiver<Health>;

    /// Returns the work of the store since it was opened.
    fn figures(&self) -> StoreFigures;

    /// Finishes queued requests and stops. Later requests are refused with `Closed`.
    fn close(&self) -> StoreReply<()>;
}
