//! The requests of a part to other parts. Must not know who does it: `routing::outcomes` decides.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::Seq;

use super::room_key::{RoomKey, ServerKey};
use crate::action::Action;

/// The next step, elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Do an action, as if its key had been pressed.
    Act(Action),
    /// Carry out a slash command with its argument.
    Run(Action, String),
    /// Leave the program.
    Quit,
    /// Open a room.
    OpenRoom(RoomKey),
    /// Open some room of a server if none is open.
    OpenDefaultRoom(ServerKey),
    /// A room was opened: load it, and put away the room that was open before.
    RoomOpened {
        /// The room that is open now.
        opened: RoomKey,
        /// The room that was open before.
        left: Option<RoomKey>,
    },
    /// Load messages older than the oldest that is loaded.
    LoadOlder(RoomKey),
    /// Open the list of rooms with these words typed.
    OpenSwitcher(String),
    /// Select a message.
    Select(Selected),
    /// Delete a message.
    DeleteMessage(RoomKey, Seq),
}

/// Which message to select.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selected {
    /// The one above the present selection.
    Previous,
    /// The oldest that is loaded.
    First,
    /// The newest.
    Last,
}
