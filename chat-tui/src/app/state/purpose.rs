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
    /// To take a text that the user wrote in a room's input box; it comes back if the request fails.
    Written(RoomKey, WrittenText),
    /// To do something for the user; the text begins the error if it fails.
    UserAction(&'static str),
    /// For its effect alone; nobody reads the answer.
    Nothing,
}

/// A text that has left the input box for the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenText {
    /// The text: of an edit, or the line of a command.
    pub text: String,
    /// The message being edited, if it is an edit.
    pub editing: Option<Seq>,
    /// The draft in the input box afterwards: if it is another one now, the user has gone on writing.
    pub draft_after: String,
    /// The beginning of the error if it fails.
    pub failure: &'static str,
}
