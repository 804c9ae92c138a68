//! The work that a part leaves to other parts. Must not know who does it: `routing::outcomes` decides.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::Seq;
use chat_proto::request::Request;

use super::draft::Draft;
use super::effect::Effect;
use super::purpose::Purpose;
use super::room_key::{RoomKey, ServerKey};
use crate::action::Action;

/// The next step, elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Work outside the screen.
    Do(Effect),
    /// Send a request; its answer is handled by the purpose.
    Ask(ServerKey, Request, Purpose),
    /// Send a request to every connected server; nobody reads the answers.
    TellServers(Request),
    /// Show a notice.
    Show {
        /// The text.
        text: String,
        /// Whether something went wrong.
        is_error: bool,
    },
    /// Show the notice of a mention in another room, with the key that goes there.
    ShowMention(String),
    /// Do an action, as if its key had been pressed.
    Act(Action),
    /// Carry out the command in the input box with its argument.
    Run(Action, String),
    /// End what is under way: a completion, an open pane, an edit.
    Cancel,
    /// Ask for a sign-in at a server.
    AskToSignIn(ServerKey),
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
    /// Go to the next unread mention of the open room.
    GoToMention(RoomKey),
    /// Load messages older than the oldest that is loaded.
    LoadOlder(RoomKey),
    /// Open the list of rooms with these words typed.
    OpenSwitcher(String),
    /// Fill the list of rooms with those that match its query.
    FindRooms,
    /// Take the next or the previous candidate for the word before the cursor.
    Complete(isize),
    /// Queue a message in a room.
    Post(RoomKey, Draft),
    /// Keep a deleted text, to be put back.
    KeepKilled(String),
    /// Open the list of the lines sent before.
    OpenHistorySearch,
    /// Take a line sent before into the input box.
    Recall(String),
    /// Let the user choose one of several links.
    ChooseLink(Vec<String>),
    /// Remove the lines of a message from the input history: it was deleted.
    ForgetInput(ServerKey, String),
    /// Write a text into the input box, as if it had been typed there.
    Write(String),
    /// Let typed keys go to the input box.
    FocusComposer,
    /// Select a message.
    Select(Selected),
    /// Begin to edit a message of the open room, from this text.
    EditMessage(Seq, String),
    /// Ask whether to delete a message with this text.
    AskToDelete(RoomKey, Seq, String),
    /// Delete a message, in a moment.
    DeleteMessage(RoomKey, Seq),
}

/// Which message to select.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selected {
    /// The last one in sight.
    InSight,
    /// The oldest that is loaded.
    First,
    /// The newest.
    Last,
}
