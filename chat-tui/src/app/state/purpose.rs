//! The purpose of a request: where its answer goes. Must not know how answers are handled.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::{ClientKey, Seq};

use super::room_key::RoomKey;

/// Why a server was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To post a message of the outbox.
    Post(RoomKey, ClientKey),
    /// To learn the changes of a room.
    Changes(RoomKey),
    /// To load older messages of a room.
    History(RoomKey),
    /// To list the members of a room.
    Members(RoomKey),
    /// To show the trending words of a room.
    Trending(RoomKey),
    /// To learn what is unread in a room.
    Counts(RoomKey),
    /// To learn people's names.
    Names,
    /// To learn the account's rooms.
    AccountSnapshot,
    /// To join or create a room and open it.
    Enter,
    /// To list the rooms that can be joined.
    RoomList,
    /// To show a room's details.
    Info,
    /// To show a room's description.
    Description,
    /// To set the account's status.
    Status {
        /// Is shown once it is set.
        confirmation: String,
    },
    /// To update a room's details that are shown.
    UpdatedInfo,
    /// To show the edit history of a message.
    Versions(RoomKey, Seq),
    /// To do something for the user; the text begins the error if it fails.
    UserAction(&'static str),
    /// For its effect alone; nobody reads the answer.
    Nothing,
}
