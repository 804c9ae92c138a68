//! The port: what the server asks of a store, whatever the database.
//!
//! Nothing here blocks its caller: each request is queued and its answer awaited. Writes are carried out in the
//! order in which they were asked for, and answered once they would survive a power cut. A full queue
//! refuses with [`StoreError::Busy`] at once. Failed writes leave no trace.

use chat_proto::ids::{ClientKey, Epoch, RoomId, Seq, SessionId, UserId};
use chat_proto::message::{Item, Version};
use chat_proto::presence::ChosenAvailability;
use chat_proto::room::{Membership, ReadMarker, Rsvp, User};
use chat_proto::text::{RoomName, StatusText, Username};
use chat_proto::time::UnixMillis;

use super::model::{
    Account, Append, Appended, Change, MemberRow, MemberState, NewRoom, NewSignIn, RefusedPost, RoomCounts, RoomState,
    SignInRow, StoredRoom,
};
use tokio::sync::watch;

use super::{StoreError, StoreFigures, StoreReply};

/// A store.
pub trait Store: Send + Sync + 'static {
    /// The life of the data.
    fn epoch(&self) -> Epoch;

    // — accounts —

    /// The account of a user of this machine; made on first sight, its name with a suffix where `name` is taken.
    fn account_for_uid(&self, uid: u32, name: Username, at: UnixMillis) -> StoreReply<Account>;
    /// Makes an account with a password's hash. [`StoreError::NameTaken`] where the name looks like another's.
    fn create_account(&self, name: Username, password: String, at: UnixMillis) -> StoreReply<Account>;
    /// An account by its name.
    fn account_by_name(&self, name: Username) -> StoreReply<Option<Account>>;
    /// An account by its id.
    fn account(&self, id: UserId) -> StoreReply<Option<Account>>;
    /// Names for ids; what is not there is left out.
    fn users(&self, ids: Vec<UserId>) -> StoreReply<Vec<User>>;
    /// Ids for names; what is not there is left out.
    fn users_by_name(&self, names: Vec<Username>) -> StoreReply<Vec<User>>;
    /// Replaces a password's hash and ends all sign-ins but `keep`; returns those that ended.
    fn set_password(&self, id: UserId, hash: String, keep: Option<SessionId>) -> StoreReply<Vec<SessionId>>;
    /// Keeps what an account chose to appear as.
    fn set_status(&self, id: UserId, chosen: ChosenAvailability, status: Option<StatusText>) -> StoreReply<()>;
    /// Keeps when an account's last connection ended.
    fn set_last_seen(&self, id: UserId, at: UnixMillis) -> StoreReply<()>;
    /// What accounts chose and when they were last seen.
    fn accounts(&self, ids: Vec<UserId>) -> StoreReply<Vec<Account>>;

    // — sign-ins —

    /// Keeps a sign-in.
    fn create_sign_in(&self, sign_in: NewSignIn) -> StoreReply<SessionId>;
    /// The sign-in of a token's SHA-256.
    fn sign_in_by_token(&self, token_hash: [u8; 32]) -> StoreReply<Option<SignInRow>>;
    /// Ends a sign-in; ending it again changes nothing.
    fn revoke_sign_in(&self, id: SessionId) -> StoreReply<()>;

    // — rooms —

    /// Makes a room, without members. A closed room of that name opens again, with its id, its
    /// numbers and what was said in it; a private one only for its maker, and only as a private one.
    fn create_room(&self, room: NewRoom) -> StoreReply<StoredRoom>;
    /// A room that is open.
    fn room(&self, id: RoomId) -> StoreReply<Option<StoredRoom>>;
    /// Open rooms by present or former name, in the order asked; what is not there is left out.
    fn rooms_by_name(&self, names: Vec<RoomName>) -> StoreReply<Vec<StoredRoom>>;
    /// Open rooms that `viewer` may see by name after `after`, at most `limit`, each with whether they are a member.
    fn list_rooms(&self, viewer: UserId, after: Option<RoomName>, limit: u32) -> StoreReply<Vec<(StoredRoom, bool)>>;
    /// What a room's actor begins with; `ring` items at the most.
    fn room_state(&self, id: RoomId, ring: u32) -> StoreReply<RoomState>;
    /// Closes a room: it is no longer seen, its name and numbers are kept for it.
    fn close_room(&self, id: RoomId, at: UnixMillis) -> StoreReply<()>;
    /// Sees that no number up to `reserved_up_to` is given again after a restart.
    fn reserve_seqs(&self, room: RoomId, reserved_up_to: Seq) -> StoreReply<()>;
    /// Remembers that a post was refused, until the live store can hold nothing of it any more.
    fn note_refused(&self, post: RefusedPost) -> StoreReply<()>;
    /// A room's counts.
    fn room_counts(&self, room: RoomId) -> StoreReply<RoomCounts>;

    // — members —

    /// A membership and its event, together.
    fn change_member(&self, event: Append, state: MemberState) -> StoreReply<Appended>;
    /// Members by name after `after`, at most `limit`.
    fn members(&self, room: RoomId, after: Option<Username>, limit: u32) -> StoreReply<Vec<MemberRow>>;
    /// Whether a member takes part; [`Rsvp::default`] for one who said nothing, and for others.
    fn rsvp(&self, room: RoomId, account: UserId) -> StoreReply<Rsvp>;
    /// Which rooms an account is a member of, in the order of [`Store::memberships`]: nothing is counted for it.
    fn rooms_of(&self, account: UserId) -> StoreReply<Vec<RoomId>>;
    /// The rooms of an account by name, each with its marks: a bounded number of queries however many there are.
    fn memberships(&self, account: UserId) -> StoreReply<Vec<Membership>>;

    // — what stands in a room —

    /// Adds a thing, unless its chain is broken ([`StoreError::ChainBroken`]); whatever refuses it breaks its chain before
    /// anything that was queued later is looked at. A message whose key its sender used before is not added: the first one's number is returned,
    /// or [`StoreError::KeyReused`] where text or room differ.
    fn append(&self, event: Append) -> StoreReply<Appended>;
    /// Whether an account used a key for a message that stands, or stood.
    fn is_key_used(&self, account: UserId, key: ClientKey) -> StoreReply<bool>;
    /// Changes a message that stands already.
    fn change(&self, change: Change) -> StoreReply<()>;
    /// The texts a message had before its present one, oldest first.
    fn versions(&self, room: RoomId, seq: Seq) -> StoreReply<Vec<Version>>;
    /// One item.
    fn item(&self, room: RoomId, seq: Seq) -> StoreReply<Option<Item>>;
    /// Items with `seq < before` by falling `seq`.
    fn history(&self, room: RoomId, before: Option<Seq>, limit: u32) -> StoreReply<Vec<Item>>;
    /// Items with `changed > after` by rising `changed`.
    fn changes(&self, room: RoomId, after: Seq, limit: u32) -> StoreReply<Vec<Item>>;

    // — marks —

    /// What one account has read in one room. [`StoreError::NotFound`] for one who is no member.
    fn read_marker(&self, account: UserId, room: RoomId) -> StoreReply<ReadMarker>;
    /// Moves a read mark: forward, or anywhere with `rewind`. [`StoreError::NotFound`] for one who is no member.
    fn set_read(&self, account: UserId, room: RoomId, seq: Seq, rewind: bool) -> StoreReply<ReadMarker>;

    // — life —

    /// Whether writes are being kept just now; changes are told. A store that keeps none tries again by itself.
    fn health(&self) -> watch::Receiver<bool>;
    /// What it has done since it was opened.
    fn figures(&self) -> StoreFigures;
    /// Finishes what is queued, folds the log into the file and stops. Later requests are refused.
    fn close(&self) -> Result<(), StoreError>;
}
