//! What can happen to the screen.

use chat_proto::error::ErrorBody;
use chat_proto::ids::{AccountSeq, ClientKey, Epoch, RoomId};
use chat_proto::request::Answer;
use chat_proto::room::User;
use chat_proto::server_frame::{ServerFrame, Welcome};

use super::effect::{SavedRoom, StoredPost};
use super::room_key::ServerKey;
use super::viewport::{Mouse, Viewport};
use crate::action::Action;

/// What happened.
#[derive(Debug)]
pub enum Msg {
    /// A key that stands for an action.
    Action(Action),
    /// A key that types.
    Typed(char),
    /// A paste, whole; never sends.
    Pasted(String),
    /// The mouse.
    Mouse(Mouse),
    /// The terminal got or lost the keyboard.
    Focused(bool),
    /// A server's link.
    Link(ServerKey, LinkMsg),
    /// A post is on disk; now it may be sent.
    Stored(ClientKey),
    /// A post could not be put on disk.
    NotStored(ClientKey, String),
    /// What earlier runs left.
    Restored(Box<Restored>),
    /// `$EDITOR` has ended with this text; none where it failed.
    EditorClosed(Option<String>),
    /// Something to tell.
    Notice {
        /// What.
        text: String,
        /// Whether something went wrong.
        is_error: bool,
    },
    /// The model was drawn.
    Drawn(Viewport),
    /// The time asked for by `Model::next_tick` has come.
    Tick,
}

/// What a link told.
#[derive(Debug)]
pub enum LinkMsg {
    /// A try begins.
    Connecting,
    /// The socket is open; a hello is awaited.
    Opened,
    /// In.
    Welcome(Box<Welcome>),
    /// An answer to an earlier ask.
    Answer {
        /// Which.
        ask: u64,
        /// What.
        result: Box<Result<Answer, Refusal>>,
    },
    /// Pushed by the server.
    Push(ServerFrame),
    /// How long the server takes to answer, in milliseconds.
    Lag(u64),
    /// The connection ended; the next try comes by itself.
    Down {
        /// Why.
        reason: String,
        /// In how many milliseconds.
        retry_in_ms: u64,
    },
    /// The server does not let us in.
    Denied {
        /// Why.
        reason: String,
    },
}

/// Why an ask was not answered with success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The server said no.
    Refused(ErrorBody),
    /// The connection broke first: nobody knows whether it was heard.
    Disconnected,
}

/// What earlier runs left on disk for one server.
#[derive(Debug, Default)]
pub struct Restored {
    /// Who one was.
    pub me: Option<User>,
    /// The life of the data the rest belongs to.
    pub epoch: Option<Epoch>,
    /// The account stream's cursor.
    pub account: AccountSeq,
    /// Rooms with their last screens.
    pub rooms: Vec<SavedRoom>,
    /// Unfinished messages by room.
    pub drafts: Vec<(RoomId, String)>,
    /// Names of people.
    pub users: Vec<User>,
    /// What was sent before, oldest first.
    pub input_history: Vec<String>,
    /// What was not sent yet, oldest first.
    pub outbox: Vec<StoredPost>,
    /// The room that was open.
    pub open: Option<RoomId>,
}
