//! Every request a signed-in client may make, each paired with its answer. Must not know how one is served.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::ids::{AccountSeq, ClientKey, RoomId, Seq, UserId};
use crate::message::{Item, Version};
use crate::presence::{ChosenAvailability, Presence, UserPresence};
use crate::room::{Member, Membership, ReadMarks, Role, Room, RoomKind, Rsvp, RsvpCounts, User};
use crate::server_frame::{AccountEvent, AccountSnapshot};
use crate::text::{CodeLanguage, Description, MessageBody, RoomName, StatusText, TopicText, Username};
use crate::time::UnixMillis;
use crate::topic::TrendingTopic;

/// A request with its name on the wire and the type of its answer.
pub trait Call: Serialize + DeserializeOwned {
    /// The `type` tag.
    const TYPE: &'static str;
    /// What a successful `ok` carries in `result`.
    type Answer: Serialize + DeserializeOwned;
}

/// Declares the closed set of requests: the enum, its tags and the pairing with answers.
macro_rules! requests {
    ($($(#[$doc:meta])* $name:ident = $tag:literal => $answer:ty;)+) => {
        /// Any request.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Request {
            $($(#[$doc])* $name($name),)+
        }

        $(impl Call for $name {
            const TYPE: &'static str = $tag;
            type Answer = $answer;
        }

        impl From<$name> for Request {
            fn from(request: $name) -> Self {
                Self::$name(request)
            }
        })+

        /// What a successful answer carries, by the request it belongs to.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Answer {
            $(
                #[doc = concat!("The answer to `", $tag, "`.")]
                $name($answer),
            )+
        }

        impl Request {
            /// Reads the answer to the request named `tag`; `None` where the tag is unknown.
            pub(crate) fn decode_answer(tag: &str, result: &str) -> Option<Result<Answer, serde_json::Error>> {
                match tag {
                    $($tag => Some(serde_json::from_str(result).map(Answer::$name)),)+
                    _ => None,
                }
            }

            /// The tags of all requests.
            pub const TYPES: &'static [&'static str] = &[$($tag),+];

            /// The request's `type` tag.
            pub fn type_tag(&self) -> &'static str {
                match self { $(Self::$name(_) => $tag,)+ }
            }

            /// What is wrong with a frame that does not fit the request named `tag`.
            pub(crate) fn misfit(tag: &str, frame: &str) -> crate::error::ErrorBody {
                match tag {
                    $($tag => crate::codec::misfit::<$name>(frame),)+
                    _ => crate::codec::misfit::<Ping>(frame),
                }
            }

            /// Reads the request named `tag` out of a whole frame; `None` where the tag is unknown.
            pub(crate) fn decode(tag: &str, frame: &str) -> Option<Result<Self, serde_json::Error>> {
                match tag {
                    $($tag => Some(serde_json::from_str(frame).map(Self::$name)),)+
                    _ => None,
                }
            }
        }

        impl Serialize for Request {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self { $(Self::$name(request) => request.serialize(serializer),)+ }
            }
        }
    };
}

requests! {
    /// Writes a message.
    Post = "post" => Posted;
    /// Replaces the text of one's own message.
    Edit = "edit" => Changed;
    /// Deletes one's own message.
    Delete = "delete" => Changed;
    /// A page of a room, backwards.
    History = "history" => HistoryPage;
    /// What changed in a room after a number.
    Changes = "changes" => ChangesPage;
    /// The texts a message had before it was edited.
    Versions = "versions" => VersionsAnswer;
    /// Moves the read mark.
    Read = "read" => ReadMarks;
    /// Makes a room and joins it.
    CreateRoom = "create_room" => Membership;
    /// Becomes a member.
    Join = "join" => Membership;
    /// Is no longer a member.
    Leave = "leave" => Empty;
    /// The rooms this account may see.
    ListRooms = "list_rooms" => RoomsPage;
    /// One room with its counts.
    RoomInfo = "room_info" => RoomInfoAnswer;
    /// Sets or clears the topic line.
    SetTopic = "set_topic" => Changed;
    /// Sets or clears the description.
    SetDescription = "set_description" => Changed;
    /// The members of a room.
    Members = "members" => MembersPage;
    /// Says whether one takes part.
    SetRsvp = "set_rsvp" => RsvpCounts;
    /// Names for user ids.
    Users = "users" => UsersAnswer;
    /// Ids for names.
    Resolve = "resolve" => Resolved;
    /// Starts being told of rooms' events.
    Subscribe = "subscribe" => Subscribed;
    /// Stops being told.
    Unsubscribe = "unsubscribe" => Empty;
    /// Says that one types, or stopped.
    SetTyping = "set_typing" => Empty;
    /// Says whether someone is at the keyboard of this connection.
    SetActivity = "set_activity" => Empty;
    /// Sets what others see of this account.
    SetStatus = "set_status" => Presence;
    /// Who is there.
    Who = "who" => WhoAnswer;
    /// The words a room speaks of.
    Trending = "trending" => TrendingAnswer;
    /// The account stream's present state.
    Account = "account" => AccountSnapshot;
    /// What the account stream told after a number.
    AccountChanges = "account_changes" => AccountChangesPage;
    /// Changes one's password.
    SetPassword = "set_password" => Empty;
    /// Ends this sign-in and all its connections.
    Logout = "logout" => Empty;
    /// Asks for nothing but an answer.
    Ping = "ping" => Pong;
}

/// Writes a message. Answered after the message is on disk (or, ephemeral, held by the live store).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// Where.
    pub room: RoomId,
    /// The message's own name, made by the client; unique per sender.
    pub key: ClientKey,
    /// The text.
    pub body: MessageBody,
    /// How long it lives; absent: the room's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub life: Option<Life>,
    /// Present where the text is code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CodeLanguage>,
    /// The message it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
    /// Its place in this connection's chain; absent: it stands alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<Chain>,
}

/// How long a message lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Life {
    /// It stays, also where the room's default is a time.
    Lasting,
    /// It ends after so many milliseconds: 1 s – 7 days.
    TtlMs(u64),
}

/// How a post stands to the ones before it on the same connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Chain {
    /// Refused with `chain_broken` once a chained post before it was refused.
    Continue,
    /// Begins a new chain.
    Restart,
}

/// The answer to `post`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    /// The message's number.
    pub seq: Seq,
    /// When it was accepted.
    pub at: UnixMillis,
    /// Whether this key had been accepted before; `seq` is then the first one's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub duplicate: bool,
    /// When it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<UnixMillis>,
}

/// Replaces the text of one's own message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// Where.
    pub room: RoomId,
    /// Which message.
    pub seq: Seq,
    /// The new text.
    pub body: MessageBody,
}

/// Deletes one's own message: a tombstone keeps its number, the text is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delete {
    /// Where.
    pub room: RoomId,
    /// Which message.
    pub seq: Seq,
}

/// The answer to requests that make a change with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// The change's number; where nothing had to change, that of the last change.
    pub changed: Seq,
}

/// The texts a message had before it was edited; of those who may see the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// Where.
    pub room: RoomId,
    /// Which message.
    pub seq: Seq,
}

/// The answer to `versions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionsAnswer {
    /// Oldest first; empty where it was never edited, was deleted, or expires.
    pub versions: Vec<Version>,
}

/// A page of a room by `seq`, newest page first, oldest item first on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// Which room.
    pub room: RoomId,
    /// Only what stands before this number; absent: from the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Seq>,
    /// At most so many: 1 – 200.
    pub limit: u32,
}

/// The answer to `history`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryPage {
    /// By rising `seq`.
    pub items: Vec<Item>,
    /// The authors on the page.
    pub users: Vec<User>,
    /// `before` for the next older page; absent at the beginning of the room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_before: Option<Seq>,
    /// The room's last number.
    pub head: Seq,
}

/// What changed after a number, each thing once in its present state, by rising `changed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// Which room.
    pub room: RoomId,
    /// The cursor: the last number that was applied.
    pub after: Seq,
    /// At most so many: 1 – 200.
    pub limit: u32,
}

/// The answer to `changes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangesPage {
    /// By rising `changed`.
    pub items: Vec<Item>,
    /// The authors on the page.
    pub users: Vec<User>,
    /// The cursor once this whole page is applied. Equal to `head` on the last page.
    pub next: Seq,
    /// The room's last number; ask again while `next < head`.
    pub head: Seq,
}

/// Moves the read mark. It only grows, unless `rewind` says that the reader wants it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    /// Which room.
    pub room: RoomId,
    /// All up to here is read; absent: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<Seq>,
    /// Takes the mark back to `seq`: "mark as unread".
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rewind: bool,
}

/// Makes a room and joins it as its owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateRoom {
    /// Its name.
    pub name: RoomName,
    /// Who may see it.
    pub kind: RoomKind,
    /// The topic line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<TopicText>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// The life of messages that name none, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_ttl_ms: Option<u64>,
    /// Whether it closes when its last member leaves.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closes_when_empty: bool,
}

/// Becomes a member. Joining again changes nothing and answers the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Join {
    /// Which room.
    pub room: RoomId,
}

/// Is no longer a member. Leaving again changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leave {
    /// Which room.
    pub room: RoomId,
}

/// The rooms this account may see, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListRooms {
    /// Only names after this one; absent: from the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<RoomName>,
    /// At most so many: 1 – 200.
    pub limit: u32,
}

/// The answer to `list_rooms`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomsPage {
    /// By name.
    pub rooms: Vec<RoomListing>,
    /// Whether there are more.
    pub has_more: bool,
}

/// A room in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomListing {
    /// The room.
    pub room: Room,
    /// How many of its members are there.
    pub online: u32,
    /// Whether this account is a member.
    pub is_member: bool,
    /// When its last message came; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message_at: Option<UnixMillis>,
}

/// One room with its counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomInfo {
    /// Which room.
    pub room: RoomId,
}

/// The answer to `room_info`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomInfoAnswer {
    /// The room as it stands in a list.
    #[serde(flatten)]
    pub listing: RoomListing,
    /// Its last number.
    pub head: Seq,
    /// Lasting messages in it.
    pub messages: u64,
    /// Who takes part.
    pub rsvp: RsvpCounts,
    /// What this account said.
    pub own_rsvp: Rsvp,
    /// What this account may do there; absent for non-members.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The accounts named in it: who made it, who set the topic.
    pub users: Vec<User>,
}

/// Sets the topic line, or clears it where absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetTopic {
    /// Which room.
    pub room: RoomId,
    /// The new line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<TopicText>,
}

/// Sets the description, or clears it where absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetDescription {
    /// Which room.
    pub room: RoomId,
    /// The new text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
}

/// The members of a room, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Members {
    /// Which room.
    pub room: RoomId,
    /// Only names after this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Username>,
    /// At most so many: 1 – 200.
    pub limit: u32,
}

/// The answer to `members`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembersPage {
    /// By name.
    pub members: Vec<Member>,
    /// Whether there are more.
    pub has_more: bool,
    /// How many there are in all.
    pub total: u32,
    /// How many of them are there.
    pub online: u32,
}

/// Says whether one takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetRsvp {
    /// Which room.
    pub room: RoomId,
    /// The answer.
    pub answer: Rsvp,
}

/// Names for user ids; ids that name no account are left out of the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Users {
    /// At most 200.
    pub ids: Vec<UserId>,
}

/// The answer to `users`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsersAnswer {
    /// In no order.
    pub users: Vec<User>,
}

/// Ids for names. Former names of rooms lead to the room they named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolve {
    /// Room names; at most 200 together with `users`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<RoomName>,
    /// Account names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<Username>,
}

/// The answer to `resolve`, in the order asked; what is absent or hidden is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolved {
    /// The rooms found.
    pub rooms: Vec<Room>,
    /// The accounts found.
    pub users: Vec<User>,
}

/// Starts being told of these rooms' events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscribe {
    /// At most 200.
    pub rooms: Vec<RoomId>,
}

/// The answer to `subscribe`: all up to `head` is pulled, all beyond is pushed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscribed {
    /// One for each room that may be read; the others are left out.
    pub heads: Vec<RoomHead>,
}

/// A room's last number at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomHead {
    /// Which room.
    pub room: RoomId,
    /// Its last number.
    pub head: Seq,
}

/// Stops being told of these rooms' events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsubscribe {
    /// At most 200.
    pub rooms: Vec<RoomId>,
}

/// Says that one types in a room, at most every 3 s while the text changes; or that one stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetTyping {
    /// Where.
    pub room: RoomId,
    /// Whether one types.
    pub is_typing: bool,
}

/// Says whether someone is at the keyboard of this connection; `false` after ten minutes without a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetActivity {
    /// Whether someone is there.
    pub is_active: bool,
}

/// Sets what others see of this account, on all its devices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetStatus {
    /// The availability.
    pub availability: ChosenAvailability,
    /// One's own words; absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusText>,
}

/// Who is there: in one room, or in all rooms this account is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// Which room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomId>,
}

/// The answer to `who`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhoAnswer {
    /// At most 200, those who are there first.
    pub people: Vec<UserPresence>,
    /// Their names.
    pub users: Vec<User>,
    /// How many are there in all.
    pub online: u32,
    /// How many there are in all.
    pub total: u32,
}

/// The words a room speaks of; members only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trending {
    /// Which room.
    pub room: RoomId,
    /// At most so many: 1 – 50.
    pub limit: u32,
}

/// The answer to `trending`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrendingAnswer {
    /// By falling score.
    pub topics: Vec<TrendingTopic>,
}

/// The account stream's present state, as `welcome` gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {}

/// What the account stream told after a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountChanges {
    /// The cursor.
    pub after: AccountSeq,
}

/// The answer to `account_changes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountChangesPage {
    /// By rising number; empty where not complete.
    pub events: Vec<AccountEvent>,
    /// Whether the ring still held all; otherwise ask for `account`.
    pub is_complete: bool,
    /// The stream's last number.
    pub head: AccountSeq,
}

/// Changes one's password; all other sign-ins end.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetPassword {
    /// The present one; not needed where the account has none, or by the owner of the Unix socket's account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// The new one: at least 8 characters, at most 256 bytes.
    pub new: String,
}

impl std::fmt::Debug for SetPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SetPassword { .. }")
    }
}

/// Ends this sign-in and all its connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logout {}

/// Asks for nothing but an answer: how far the server is, and its clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ping {}

/// The answer to `ping`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pong {
    /// The server's clock.
    pub now: UnixMillis,
}

/// An answer that says only that it is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Empty {}
