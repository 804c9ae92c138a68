//! What has to be done in the world.

use chat_proto::client_frame::Resume;
use chat_proto::ids::{AccountSeq, ClientKey, Epoch, RoomId, Seq};
use chat_proto::message::Item;
use chat_proto::request::Request;
use chat_proto::room::{Membership, User};
use chat_proto::text::{CodeLanguage, MessageBody};

use super::room_key::{RoomKey, ServerKey};
use crate::text::SafeText;

/// What has to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Say hello on an open link.
    Hello {
        /// To which server.
        server: ServerKey,
        /// What is known.
        resume: Option<Resume>,
    },
    /// Ask a server.
    Ask {
        /// Which.
        server: ServerKey,
        /// Comes back with the answer.
        ask: u64,
        /// What.
        request: Request,
    },
    /// Try to connect now.
    RetryLink(ServerKey),
    /// Put something on disk.
    Persist(ServerKey, PersistOp),
    /// Let the person write in their editor.
    OpenEditor(String),
    /// Leave the terminal to the shell for a while.
    Suspend,
    /// Draw everything again.
    Redraw,
    /// Put a text on the clipboard.
    Copy(String),
    /// Tell the person although they look elsewhere.
    Notify {
        /// Who, where.
        title: SafeText,
        /// What.
        body: SafeText,
    },
    /// Change the colours.
    Theme(String),
    /// Leave.
    Quit,
}

/// What is put on disk; never the text of something that expires.
#[derive(Clone, Debug, PartialEq)]
pub enum PersistOp {
    /// A post, before it is sent; answered with `Msg::Stored`.
    StorePost(StoredPost),
    /// A post that needs no sending any more.
    RemovePost(ClientKey),
    /// A text that was sent.
    AddInput(String),
    /// A text that was sent and has been deleted since.
    RemoveInput(String),
    /// What is being written; empty: nothing.
    StoreDraft(RoomId, String),
    /// The last screens of rooms.
    StoreRooms(Vec<SavedRoom>),
    /// Who one is, and the account stream's cursor.
    StoreAccount {
        /// Who.
        me: User,
        /// The life of the data.
        epoch: Epoch,
        /// The cursor.
        account: AccountSeq,
        /// The open room.
        open: Option<RoomId>,
        /// Names of people.
        users: Vec<User>,
    },
    /// Rooms one is not in any more.
    RemoveRooms(Vec<RoomId>),
    /// All rooms: their numbers belong to another life of the data.
    RemoveAllRooms,
}

/// A room's last screens.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedRoom {
    /// The room.
    pub membership: Membership,
    /// All up to here has been applied.
    pub cursor: Seq,
    /// Nothing below this number is kept.
    pub floor: Seq,
    /// What is kept.
    pub items: Vec<Item>,
}

/// A lasting post on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPost {
    /// Where.
    pub room_key: RoomKey,
    /// Its key.
    pub key: ClientKey,
    /// The text.
    pub body: MessageBody,
    /// The language, where it is code.
    pub code: Option<CodeLanguage>,
    /// Whether it is to stay although the room's messages expire.
    pub is_forced_persistent: bool,
}
