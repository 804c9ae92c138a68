//! Requests about people, presence and the caller's own account, each with its answer. Must not know how they are
//! served.

use serde::{Deserialize, Serialize};

use crate::ids::{AccountSeq, RoomId, Seq, UserId};
use crate::presence::{ChosenAvailability, UserPresence};
use crate::room::{Room, User};
use crate::server_frame::AccountEvent;
use crate::text::{RoomName, StatusText, Username};
use crate::time::UnixMillis;
use crate::trending::TrendingWord;

/// Returns the names of accounts; unknown ids are left out.
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

/// Returns the ids of names. A former name of a room leads to that room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolve {
    /// Room names; at most 200 together with `users`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<RoomName>,
    /// Account names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<Username>,
}

/// The answer to `resolve`, in the order asked; absent and hidden ones are left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolved {
    /// The rooms found.
    pub rooms: Vec<Room>,
    /// The accounts found.
    pub users: Vec<User>,
}

/// Starts pushing the events of these rooms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscribe {
    /// At most 200.
    pub rooms: Vec<RoomId>,
}

/// The answer to `subscribe`: changes up to `head` are pulled, changes beyond it are pushed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscribed {
    /// One for each room this account may read; the others are left out.
    pub heads: Vec<RoomHead>,
}

/// A room's last number at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomHead {
    /// The room.
    pub room: RoomId,
    /// Its last number.
    pub head: Seq,
}

/// Stops pushing the events of these rooms. Once it is answered, none is pushed to the connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsubscribe {
    /// At most 200.
    pub rooms: Vec<RoomId>,
}

/// Says that this account is typing in a room, at most every `typing_every_ms` while the text changes, or that it has
/// stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetTyping {
    /// The room.
    pub room: RoomId,
    /// Whether it is typing.
    pub is_typing: bool,
}

/// Says whether this connection is in use; `false` after ten minutes without a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetActivity {
    /// Whether it is in use.
    pub is_active: bool,
}

/// Sets availability and status text, for all devices of the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetStatus {
    /// The availability.
    pub availability: ChosenAvailability,
    /// The status text; absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusText>,
}

/// Returns the availability and the status text that this account has chosen, also while it is offline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnStatus {}

/// The answer to `own_status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChosenStatus {
    /// The availability.
    pub availability: ChosenAvailability,
    /// The status text; absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusText>,
}

/// Lists who is online: in one room, or in all rooms of this account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// The room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomId>,
}

/// The answer to `who`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhoAnswer {
    /// At most 200; those online come first.
    pub people: Vec<UserPresence>,
    /// Their names.
    pub users: Vec<User>,
    /// How many are online.
    pub online: u32,
    /// How many people there are.
    pub total: u32,
}

/// Returns the trending words of a room; members only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trending {
    /// The room.
    pub room: RoomId,
    /// Most words: 1 – 50.
    pub limit: u32,
}

/// The answer to `trending`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrendingAnswer {
    /// By falling score.
    pub words: Vec<TrendingWord>,
}

/// Returns the account stream's present state, as `welcome` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {}

/// Returns the events of the account stream after a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountChanges {
    /// The cursor.
    pub after: AccountSeq,
}

/// The answer to `account_changes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountChangesPage {
    /// By rising number; empty if not complete.
    pub events: Vec<AccountEvent>,
    /// Whether these are all events after the number; otherwise ask for `account`.
    pub is_complete: bool,
    /// The stream's last number.
    pub head: AccountSeq,
}

/// Changes the password; all other sign-ins end.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetPassword {
    /// The present password; not needed if the account has none, or signed in by peer credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// The new password: at least 8 characters, at most 256 bytes.
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

/// Asks only for an answer: measures the round trip, and returns the server's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ping {}

/// The answer to `ping`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pong {
    /// The server's clock.
    pub now: UnixMillis,
}

/// An answer without content: the request is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Empty {}
