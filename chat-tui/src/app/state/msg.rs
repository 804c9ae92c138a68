//! The messages to the screen. Must not know how it is handled.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::{AccountSeq, ClientKey, Epoch, RoomId};
use chat_proto::room::User;

use super::effect::{SavedRoom, StoredPost};
use super::place::Place;
use super::room_key::ServerKey;
use super::viewport::{Mouse, Viewport};
use crate::action::Action;
use crate::link_event::LinkEvent;

/// Something that happened.
#[derive(Debug)]
pub enum Msg {
    /// A key bound to an action.
    Action(Action),
    /// A typed character.
    Typed(char),
    /// A whole paste; never sends.
    Pasted(String),
    /// A click, or the wheel.
    Mouse(Mouse),
    /// The terminal got or lost the keyboard.
    Focused(bool),
    /// An event of a server's link.
    Link(ServerKey, LinkEvent),
    /// A post is on disk: it may be sent.
    Stored(ClientKey),
    /// A post could not be written to disk, with the reason.
    NotStored(ClientKey, String),
    /// Data of earlier runs.
    Restored(Box<Restored>),
    /// The user's editor has closed with this text; `None` if it failed.
    EditorClosed(Option<String>),
    /// A notice for the user.
    Notice {
        /// The text.
        text: String,
        /// Whether something went wrong.
        is_error: bool,
    },
    /// The model was drawn.
    Drawn(Viewport),
    /// The time that `Model::next_tick` asked for has come.
    Tick,
    /// The program has to end: the terminal is gone, or a signal says so.
    Terminated,
}

/// Data of earlier runs for one server.
#[derive(Debug, Default)]
pub struct Restored {
    /// The account's user.
    pub me: Option<User>,
    /// The epoch of the server's data when it was saved.
    pub epoch: Option<Epoch>,
    /// The last event applied of the account's stream.
    pub account: AccountSeq,
    /// The saved state of rooms.
    pub rooms: Vec<SavedRoom>,
    /// Unfinished messages by room.
    pub drafts: Vec<(RoomId, String)>,
    /// The places where rooms were left, but for those at their ends.
    pub places: Vec<(RoomId, Place)>,
    /// Names of people.
    pub users: Vec<User>,
    /// Texts sent before, oldest first.
    pub input_history: Vec<String>,
    /// Names of the keys that need not be shown any more.
    pub used_keys: Vec<String>,
    /// Names of the commands that were used, newest first.
    pub used_commands: Vec<String>,
    /// The rooms that were opened, newest first.
    pub opened_rooms: Vec<RoomId>,
    /// Messages that are not acknowledged, oldest first.
    pub outbox: Vec<StoredPost>,
    /// The room that was open last.
    pub open: Option<RoomId>,
}
