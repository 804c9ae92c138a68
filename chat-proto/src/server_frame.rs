//! All a server may say: the welcome, answers, and what it pushes. Must not know how frames travel.

use serde::{Deserialize, Serialize};

use crate::error::ErrorBody;
use crate::fault::{self, RawValue};
use crate::ids::{AccountSeq, ConnectionId, Epoch, RequestId, RoomId, Seq, SessionId, UserId};
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

            /// Reads the frame named `tag`; `None` where the tag is unknown.
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
    /// Something in a room got a number.
    Event(Event) = "event";
    /// Events of a room were left out for this slow connection; ask for `changes`.
    Gap(Gap) = "gap";
    /// Someone types, or stopped.
    Typing(Typing) = "typing";
    /// Someone's presence changed.
    Presence(UserPresence) = "presence";
    /// A large room's counts changed.
    Counts(Counts) = "counts";
    /// A room's trending words changed.
    Trending(TrendingWords) = "trending";
    /// Something concerns this account on all its devices.
    Account(AccountEvent) = "account";
    /// What the server can do just now changed.
    Service(Service) = "service";
    /// The server closes this connection.
    Goodbye(Goodbye) = "goodbye";
}

/// The answer to `hello`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// Who one is.
    pub user: User,
    /// The sign-in this connection belongs to; absent for peer credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// A token for later sign-ins; only after a password or a registration. Shown once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// This connection's own id, to know one's own typing by.
    pub connection: ConnectionId,
    /// The life of the data.
    pub epoch: Epoch,
    /// The server's clock.
    pub now: UnixMillis,
    /// The server's version, for hints.
    pub server_version: String,
    /// The limits in force for this account.
    pub limits: Limits,
    /// Optional parts this server has, by name.
    pub features: Vec<String>,
    /// What the server can do just now.
    pub service: Service,
    /// The account stream's present state.
    pub account: AccountSnapshot,
    /// What was missed, per room asked for in `resume`; absent where nothing was asked or the epoch differs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resumed: Vec<Resumed>,
}

/// The account stream's state at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountSnapshot {
    /// The stream's last number; what comes later is pushed.
    pub head: AccountSeq,
    /// The rooms the account is a member of.
    pub rooms: Vec<Membership>,
    /// The people named in them: of direct conversations, of topics.
    pub users: Vec<User>,
}

/// What one room changed since a cursor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumed {
    /// Which room.
    pub room: RoomId,
    /// Whether `items` is all that was missed; otherwise ask for `changes` from the cursor.
    pub is_complete: bool,
    /// By rising `changed`; empty where not complete.
    pub items: Vec<Item>,
    /// The room's last number, up to which `items` reaches where complete.
    pub head: Seq,
}

/// A request succeeded.
#[derive(Debug, Serialize, Deserialize)]
pub struct OkFrame {
    /// The request's id.
    pub id: RequestId,
    /// The answer, of the type the request is paired with.
    pub result: Box<RawValue>,
}

/// A request was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorFrame {
    /// The request's id; absent for `hello` and for frames that could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<RequestId>,
    /// Why.
    #[serde(flatten)]
    pub error: ErrorBody,
}

/// Something in a room got the number `seq`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "EventForm")]
pub struct Event {
    /// Which room.
    pub room: RoomId,
    /// This change's number; equal to `item.changed`.
    pub seq: Seq,
    /// The number the room gave out before it. A reader whose last number is another missed something.
    pub prev: Seq,
    /// What is new: under the name `item` or `change`.
    #[serde(flatten)]
    pub update: Update,
}

/// What an event brings.
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
    item: Option<Item>,
    change: Option<ItemChange>,
}

impl TryFrom<EventForm> for Event {
    type Error = &'static str;

    fn try_from(form: EventForm) -> Result<Self, Self::Error> {
        let EventForm { room, seq, prev, item, change } = form;
        let update = match (item, change) {
            (Some(item), None) => Update::Item(item),
            (None, Some(change)) => Update::Change(change),
            (Some(_), Some(_)) | (None, None) => return Err("carries an `item` or a `change`, and never both"),
        };
        Ok(Self { room, seq, prev, update })
    }
}

/// Events of a room were left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Which room.
    pub room: RoomId,
}

/// Someone types in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typing {
    /// Where.
    pub room: RoomId,
    /// Who.
    pub user: UserId,
    /// On which of their connections.
    pub connection: ConnectionId,
    /// How long this holds unless said again, in milliseconds; 0: they stopped.
    pub ttl_ms: u64,
}

/// Live counts of a room too large for single presences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Which room.
    pub room: RoomId,
    /// Members.
    pub members: u32,
    /// Members who are there.
    pub online: u32,
}

/// A room's trending words; pushed at most every 5 s.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrendingWords {
    /// Which room.
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
    /// What happened.
    pub change: AccountChange,
}

/// What concerns one account across its devices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AccountChange {
    /// The account became a member of a room, on whichever device.
    Joined {
        /// The room as a member sees it.
        membership: Box<Membership>,
    },
    /// The account is no longer a member.
    Left {
        /// Which room.
        room: RoomId,
    },
    /// A room's name, topic, description or counts changed in a way the side bar shows.
    RoomRenamed {
        /// Which room.
        room: RoomId,
        /// Its new name.
        name: crate::text::RoomName,
    },
    /// The read mark moved, on whichever device.
    ReadMarker {
        /// Which room.
        room: RoomId,
        /// The new state.
        read_marker: ReadMarker,
    },
    /// A message names this account.
    Mention {
        /// In which room.
        room: RoomId,
        /// Which message.
        seq: Seq,
    },
    /// A sign-in of this account ended.
    SessionRevoked {
        /// Which.
        session: SessionId,
    },
    /// The server's keeper says something to everyone.
    Notice {
        /// One line.
        text: String,
    },
}

/// What the server can do just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Whether messages that expire are taken.
    pub is_live_available: bool,
    /// Whether lasting messages are taken.
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
    /// When to come back, in milliseconds; absent: do not, without signing in again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconnect_after_ms: Option<u64>,
}

/// Why a server closes a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GoodbyeReason {
    /// It is going down.
    Shutdown,
    /// Nothing was read from or heard of this connection for too long.
    Unresponsive,
    /// The sign-in was revoked.
    Revoked,
    /// No valid `hello` came in time.
    HelloTimeout,
    /// The other side does not speak this protocol.
    ProtocolViolation,
}

impl GoodbyeReason {
    /// The WebSocket close code that goes with it (RFC 6455 § 7.4; 4000 – 4999 are private use).
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

/// Whether a client may reconnect by itself after the connection closed with `code`.
pub fn may_reconnect(code: u16) -> bool {
    !(4100..=4199).contains(&code)
}
