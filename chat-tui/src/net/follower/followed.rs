//! Where following begins, and what it brings. Must not know how rooms are followed.

use chat_proto::cursor::Cursor;
use chat_proto::ids::{RoomId, Seq};
use chat_proto::message::Item;
use chat_proto::room::{Room, User};
use chat_proto::time::UnixMillis;

/// Where following a room begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomStart {
    /// Which room.
    pub room: RoomId,
    /// After which cursor.
    pub after: Cursor,
}

/// What following brings.
#[derive(Debug)]
pub enum Followed {
    /// A change.
    Item(FollowedItem),
    /// The server's data are of another life than the items before: following goes on where the lives part, or with the
    /// room's last items if that is unknown.
    Parted {
        /// The room.
        room: RoomId,
        /// The last number that both lives share.
        at: Option<Seq>,
    },
    /// Another room is followed from now on, because the account has joined it.
    Joined(Box<Room>),
    /// The connection broke; it is made again for as long as it takes.
    Disconnected {
        /// Why, in a clause.
        reason: String,
    },
    /// The connection is back.
    Reconnected,
}

impl Followed {
    /// Its place in the order of time: an item's own, and before any item for everything else.
    pub(super) fn at(&self) -> Option<UnixMillis> {
        match self {
            Self::Item(followed) => Some(followed.item.at),
            Self::Parted { .. } | Self::Joined(_) | Self::Disconnected { .. } | Self::Reconnected => None,
        }
    }
}

/// A changed item.
#[derive(Debug)]
pub struct FollowedItem {
    /// Its room.
    pub room: RoomId,
    /// Its present state.
    pub item: Item,
    /// The cursor of a reader who has applied it and everything before it.
    pub cursor: Cursor,
    /// Names that came with it, also of those who come after it.
    pub users: Vec<User>,
}
