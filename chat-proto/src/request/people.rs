//! Requests about people, what is told of them, and one's own account, each with its answer.

use serde::{Deserialize, Serialize};

use crate::ids::{AccountSeq, RoomId, Seq, UserId};
use crate::presence::{ChosenAvailability, UserPresence};
use crate::room::{Room, User};
use crate::server_frame::AccountEvent;
use crate::text::{RoomName, StatusText, Username};
use crate::time::UnixMillis;
use crate::trending::TrendingWord;

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
    pub words: Vec<TrendingWord>,
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
