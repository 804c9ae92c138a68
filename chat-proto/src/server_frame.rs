//! The frames a server may send: the welcome, answers and pushes. Must not know how frames travel.

use serde::{Deserialize, Serialize};

use crate::cursor::{Cursor, Parted};
use crate::error::ErrorBody;
use crate::fault::{self, RawValue};
use crate::ids::{AccountSeq, ConnectionId, Epoch, RequestId, RoomId, Run, Seq, SessionId, UserId};
use crate::limits::Limits;
use crate::message::{Item, ItemChange};
use crate::presence::UserPresence;
use crate::room::{Membership, ReadMarker, User};
use crate::time::UnixMillis;
use crate::trending::TrendingWord;

/// Declares the closed set of server frames with their tags.
macro_rules! server_frames {
    ($($(#[$doc:meta])* $name:ident($body:ty) = $tag:literal;)+) => {
        /// One frame from a server.
        #[derive(Debug)]
        pub enum ServerFrame {
            $($(#[$doc])* $name($body),)+
        }

        $(impl Tagged for $body {
            const TYPE: &'static str = $tag;
        })+

        impl ServerFrame {
            /// The tags of all frames.
            pub const TYPES: &'static [&'static str] = &[$($tag),+];

            /// Reads the frame named `tag`; `None` if the tag is unknown.
            pub(crate) fn decode(tag: &str, frame: &str) -> Option<Result<Self, ErrorBody>> {
                match tag {
                    $($tag => Some(fault::read(frame).map(Self::$name)),)+
                    _ => None,
                }
            }
        }
    };
}

/// The body of a frame with its `type` on the wire.
pub trait Tagged: Serialize {
    /// The `type` tag.
    const TYPE: &'static str;
}

server_frames! {
    /// The answer to `hello`.
    Welcome(Box<Welcome>) = "welcome";
    /// A request succeeded.
    Ok(OkFrame) = "ok";
    /// A request, or `hello`, was refused.
    Error(ErrorFrame) = "error";
    /// A room used a number: something in it is new or has changed.
    Event(Event) = "event";
    /// Events of a room were left out because this connection is slow; ask for `changes`.
    Gap(Gap) = "gap";
    /// Someone is typing, or has stopped.
    Typing(Typing) = "typing";
    /// Someone's presence changed.
    Presence(UserPresence) = "presence";
    /// A large room's counts changed.
    Counts(Counts) = "counts";
    /// A room's trending words changed.
    Trending(TrendingWords) = "trending";
    /// Something concerns this account, on all its devices.
    Account(AccountEvent) = "account";
    /// A part of the server became available or unavailable.
    Service(Service) = "service";
    /// The server closes this connection.
    Goodbye(Goodbye) = "goodbye";
}

/// The answer to `hello`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The account.
    pub user: User,
    /// The sign-in this connection belongs to; absent for peer credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// A token for later sign-ins; only after a password or a registration. Shown once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// This connection's id, by which a client knows its own typing.
    pub connection: ConnectionId,
    /// The data folder.
    pub epoch: Epoch,
    /// The server's present run: cursors take it from here after an event.
    pub run: Run,
    /// The server's clock.
    pub now: UnixMillis,
    /// The server's version, for hints.
    pub server_version: String,
    /// The limits in force for this account.
    pub limits: Limits,
    /// Optional parts this server has, by name.
    pub features: Vec<String>,
    /// Which parts of the server are available.
    pub service: Service,
    /// The account stream's present state.
    pub account: AccountSnapshot,
    /// The missed changes of each room in `resume`; absent without `resume`, or if the epoch differs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resumed: Vec<Resumed>,
}

/// The account stream's state at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountSnapshot {
    /// The stream's last number; later events are pushed.
    pub head: AccountSeq,
    /// The rooms the account is a member of.
    pub rooms: Vec<Membership>,
    /// The accounts named in them: in direct messages, in topics.
    pub users: Vec<User>,
}

/// The changes of one room since a cursor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumed {
    /// The room.
    pub room: RoomId,
    /// Whether `items` holds all changes; otherwise ask for `changes` from the cursor. Never of a cursor of another life.
    pub is_complete: bool,
    /// Whole items in their present state, by rising `changed`; empty if not complete.
    pub items: Vec<Item>,
    /// The room's last number when the items were cut, as the cursor of a client that has applied everything. If complete,
    /// `items` reaches up to it.
    pub head: Cursor,
    /// Present if the cursor belongs to another life of the data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parted: Option<Parted>,
}

/// A request succeeded.
#[derive(Debug, Serialize, Deserialize)]
pub struct OkFrame {
    /// The request's id.
    pub id: RequestId,
    /// The answer, of the type paired with the request.
    pub result: Box<RawValue>,
}

/// A request was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorFrame {
    /// The request's id; absent for `hello` and for frames without a readable id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<RequestId>,
    /// Why.
    #[serde(flatten)]
    pub error: ErrorBody,
}

/// A room used the number `seq`: something in it is new or has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "EventForm")]
pub struct Event {
    /// The room.
    pub room: RoomId,
    /// This change's number; equal to `item.changed`.
    pub seq: Seq,
    /// The number the room used before it. A client with another cursor has missed events.
    pub prev: Seq,
    /// Whether only an ephemeral message changed: the cursor's `persistent` stays.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_ephemeral: bool,
    /// The new state, under the name `item` or `change`.
    #[serde(flatten)]
    pub update: Update,
}

/// The new state that an event brings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Update {
    /// An item, new or in its new state.
    Item(Item),
    /// A small change of an item that came before.
    Change(ItemChange),
}

impl Update {
    /// The update that tells of an item's last change.
    pub fn of(item: Item) -> Self {
        ItemChange::last_of(&item).map_or(Self::Item(item), Self::Change)
    }
}

/// An event as it is read.
#[derive(Deserialize)]
struct EventForm {
    room: RoomId,
    seq: Seq,
    prev: Seq,
    #[serde(default)]
    is_ephemeral: bool,
    item: Option<Item>,
    change: Option<ItemChange>,
}

impl TryFrom<EventForm> for Event {
    type Error = &'static str;

    fn try_from(form: EventForm) -> Result<Self, Self::Error> {
        let EventForm { room, seq, prev, is_ephemeral, item, change } = form;
        let update = match (item, change) {
            (Some(item), None) => Update::Item(item),
            (None, Some(change)) => Update::Change(change),
            (Some(_), Some(_)) | (None, None) => return Err("carries an `item` or a `change`, and never both"),
        };
        Ok(Self { room, seq, prev, is_ephemeral, update })
    }
}

/// Events of a room were left out; ask for `changes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The room.
    pub room: RoomId,
}

/// Someone is typing in a room, or has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typing {
    /// The room.
    pub room: RoomId,
    /// The account.
    pub user: UserId,
    /// The connection they type on.
    pub connection: ConnectionId,
    /// How long to show it unless it is sent again, in milliseconds; 0: stopped.
    pub ttl_ms: u64,
}

/// Live counts of a room that is too large to push each presence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// The room.
    pub room: RoomId,
    /// Members.
    pub members: u32,
    /// Members online.
    pub online: u32,
}

/// A room's trending words; pushed at most every 5 s.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrendingWords {
    /// The room.
    pub room: RoomId,
    /// By falling score, at most 10.
    pub words: Vec<TrendingWord>,
}

/// One event of the account stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountEvent {
    /// Its number.
    pub seq: AccountSeq,
    /// The number before it.
    pub prev: AccountSeq,
    /// The change itself.
    pub change: AccountChange,
}

/// A change that concerns one account, on all its devices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AccountChange {
    /// The account joined a room, on any device.
    Joined {
        /// The room and the new membership.
        membership: Box<Membership>,
    },
    /// The account left a room, on any device.
    Left {
        /// The room.
        room: RoomId,
    },
    /// A room got another name.
    RoomRenamed {
        /// The room.
        room: RoomId,
        /// Its new name.
        name: crate::text::RoomName,
    },
    /// A `read` moved the read marker on any device, or an edit or a deletion changed what mentions this account.
    ReadMarker {
        /// The room.
        room: RoomId,
        /// The marker with its counts.
        read_marker: ReadMarker,
    },
    /// Another account's new message mentions this account.
    Mention {
        /// The room.
        room: RoomId,
        /// The message.
        seq: Seq,
        /// When it expires and ceases to count; absent for a persistent message.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<UnixMillis>,
    },
    /// A sign-in of this account ended.
    SessionRevoked {
        /// The sign-in.
        session: SessionId,
    },
    /// A notice of the server's operator to everyone.
    Notice {
        /// One line.
        text: String,
    },
}

/// Which parts of the server are available.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Whether ephemeral messages are accepted.
    pub is_live_available: bool,
    /// Whether persistent messages are accepted.
    pub is_store_available: bool,
}

impl Default for Service {
    fn default() -> Self {
        Self { is_live_available: true, is_store_available: true }
    }
}

/// The server closes this connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goodbye {
    /// Why.
    pub reason: GoodbyeReason,
    /// When to reconnect, in milliseconds; absent: only by signing in again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconnect_after_ms: Option<u64>,
}

/// Why a server closes a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GoodbyeReason {
    /// The server is shutting down.
    Shutdown,
    /// The connection read or sent nothing for too long.
    Unresponsive,
    /// The sign-in was revoked.
    Revoked,
    /// No valid `hello` arrived in time.
    HelloTimeout,
    /// The client does not speak this protocol.
    ProtocolViolation,
}

impl GoodbyeReason {
    /// The WebSocket close code for it (RFC 6455 § 7.4; 4000 – 4999 are private use).
    /// 4000 – 4099: reconnect; 4100 – 4199: do not reconnect without a person.
    pub fn close_code(self) -> u16 {
        match self {
            Self::Shutdown => 4000,
            Self::Unresponsive => 4001,
            Self::HelloTimeout => 4002,
            Self::Revoked => 4100,
            Self::ProtocolViolation => 4101,
        }
    }
}

/// Whether a client may reconnect on its own after the connection closed with `code`.
pub fn may_reconnect(code: u16) -> bool {
    !(4100..=4199).contains(&code)
}
