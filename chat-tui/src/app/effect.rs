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
    Keep(ServerKey, Keep),
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
pub enum Keep {
    /// A post, before it is sent; answered with `Msg::Stored`.
    Post(StoredPost),
    /// A post that is settled.
    Settled(ClientKey),
    /// A text that was sent.
    Input(String),
    /// A text that was sent and has been deleted since.
    ForgetInput(String),
    /// What is being written; empty: nothing.
    Draft(RoomId, String),
    /// The last screens of rooms.
    Rooms(Vec<KeptRoom>),
    /// Who one is, and the account stream's cursor.
    Account {
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
    Forget(Vec<RoomId>),
    /// All rooms: their numbers belong to another life of the data.
    ForgetRooms,
}

/// A room's last screens.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptRoom {
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
    pub is_kept: bool,
}
