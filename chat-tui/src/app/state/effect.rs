//! The work outside the model. Must not know who does it.

#![deny(clippy::disallowed_methods)]

use chat_proto::client_frame::{Auth, Resume};
use chat_proto::cursor::Cursor;
use chat_proto::ids::{AccountSeq, ClientKey, Epoch, RoomId, Seq};
use chat_proto::message::Item;
use chat_proto::request::Request;
use chat_proto::room::{Membership, User};
use chat_proto::text::{CodeLanguage, MessageBody};

use super::place::Place;
use super::room_key::{RoomKey, ServerKey};
use crate::text::SafeText;

/// Work outside the model.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Say hello on an open connection.
    Hello {
        /// The server.
        server: ServerKey,
        /// The known state of the account's rooms.
        resume: Option<Resume>,
    },
    /// Send a request to a server.
    Ask {
        /// The server.
        server: ServerKey,
        /// A number that comes back with the answer.
        ask: u64,
        /// The request.
        request: Request,
    },
    /// Sign in at a server.
    SignIn {
        /// The server.
        server: ServerKey,
        /// The name and the password.
        auth: Auth,
    },
    /// Try to connect at once.
    RetryLink(ServerKey),
    /// Write to disk.
    Persist(ServerKey, PersistOp),
    /// Open a text in the user's editor.
    OpenEditor(String),
    /// Leave the terminal to the shell for a while.
    Suspend,
    /// Redraw the whole screen.
    Redraw,
    /// Copy a text to the clipboard.
    Copy(String),
    /// Open a link in the user's browser, or copy it if that cannot be done.
    OpenLink(String),
    /// Notify the user, who is looking elsewhere.
    Notify {
        /// The author and the room.
        title: SafeText,
        /// The beginning of the message.
        body: SafeText,
    },
    /// Change the colour theme.
    Theme(String),
    /// Leave the program.
    Quit,
}

/// A write to disk; never the text of an ephemeral message.
#[derive(Clone, Debug, PartialEq)]
pub enum PersistOp {
    /// Add a post before it is sent; answered with `Msg::Stored`.
    StorePost(StoredPost),
    /// Remove a post that is acknowledged or dropped.
    RemovePost(ClientKey),
    /// Add a sent text to the input history.
    AddInput(String),
    /// Remove a text from the input history, because its message was deleted.
    RemoveInput(String),
    /// Remember that a key was used which is shown until then.
    StoreUsedKey(&'static str),
    /// Remember that a command was used just now, by its name.
    StoreUsedCommand(&'static str),
    /// Remember that a room was opened just now.
    StoreOpenedRoom(RoomId),
    /// Replace a room's draft; an empty one removes it.
    StoreDraft(RoomId, String),
    /// Replace the places where rooms were left; `None` is a room's end.
    StorePlaces(Vec<(RoomId, Option<Place>)>),
    /// Replace the saved state of rooms.
    StoreRooms(Vec<SavedRoom>),
    /// Replace the account, and add people's names.
    StoreAccount {
        /// The account's user.
        me: User,
        /// The epoch of the server's data.
        epoch: Epoch,
        /// The last event applied of the account's stream.
        account: AccountSeq,
        /// The open room.
        open: Option<RoomId>,
        /// Names of people.
        users: Vec<User>,
    },
    /// Remove rooms that the account has left.
    RemoveRooms(Vec<RoomId>),
    /// Remove the saved state and the items of rooms; their drafts stay.
    RemoveItems(Vec<RoomId>),
    /// Remove the messages of a room up to a number: the server has removed them.
    RemoveMessages(RoomId, Seq),
    /// Remove all rooms: their numbers belong to another epoch.
    RemoveAllRooms,
}

/// The saved state of a room.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedRoom {
    /// The account's membership.
    pub membership: Membership,
    /// The read marker that the server is known to have; that of the membership may be ahead.
    pub announced: Seq,
    /// Every change up to here has been applied.
    pub cursor: Cursor,
    /// The number from which the items are complete, but for ephemeral ones.
    pub floor: Seq,
    /// The newest items as the server sent them.
    pub items: Vec<Item>,
}

/// A persistent message that is not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPost {
    /// The room.
    pub room_key: RoomKey,
    /// The key under which the server recognises a retry.
    pub key: ClientKey,
    /// The text.
    pub body: MessageBody,
    /// The language, if it is code.
    pub code: Option<CodeLanguage>,
    /// Whether it is persistent although the room's messages expire.
    pub is_forced_persistent: bool,
}
