//! What a link is told and tells, and the two ends of its channels.

use std::sync::Arc;

use chat_proto::client_frame::{Auth, Resume};
use chat_proto::request::{Answer, Request};
use chat_proto::server_frame::{ServerFrame, Welcome};
use tokio::sync::mpsc;

use super::task::Link;
use crate::net::{CallError, ServerAddress};

/// What may wait to be taken by the screen; beyond it the socket is not read, and the server bounds the rest.
const EVENTS_MAX: usize = 512;
/// What may wait to be sent.
const COMMANDS_MAX: usize = 1024;

/// Makes the server reachable before a try; the local server is started so, unless it was stopped on purpose.
pub type Prepare = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

/// Where and as whom.
#[derive(Clone)]
pub struct LinkOptions {
    /// The server.
    pub address: ServerAddress,
    /// The sign-in.
    pub auth: Auth,
    /// Called before each try.
    pub prepare: Prepare,
}

impl std::fmt::Debug for LinkOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LinkOptions").field("address", &self.address).finish_non_exhaustive()
    }
}

/// What the link is told.
#[derive(Debug)]
pub enum LinkCommand {
    /// The socket is open: say hello, resuming where something is known.
    Hello(Option<Resume>),
    /// Ask the server.
    Ask {
        /// Comes back with the answer.
        ask: u64,
        /// What.
        request: Request,
    },
    /// Try now instead of after the pause.
    Retry,
}

/// What the link tells.
#[derive(Debug)]
pub enum LinkEvent {
    /// A try begins.
    Connecting,
    /// The socket is open: [`LinkCommand::Hello`] is awaited.
    Opened,
    /// In.
    Welcome(Box<Welcome>),
    /// An answer.
    Answer {
        /// To which ask.
        ask: u64,
        /// What.
        result: Box<Result<Answer, CallError>>,
    },
    /// Pushed by the server.
    Push(ServerFrame),
    /// How long the server takes to answer, in milliseconds.
    Lag(u64),
    /// The connection ended, or a try failed; the next one comes by itself.
    Down {
        /// Why, in a sentence.
        reason: String,
        /// When the next try begins, in milliseconds from now.
        retry_in_ms: u64,
    },
    /// The server does not let us in; a person has to do something.
    Denied {
        /// Why, in a sentence.
        reason: String,
    },
}

/// The two ends of a link's channels, for whoever drives the screen.
#[derive(Debug)]
pub struct LinkHandle {
    commands: mpsc::Sender<LinkCommand>,
    events: mpsc::Receiver<LinkEvent>,
}

impl LinkHandle {
    /// Starts a link; it ends when the handle is dropped.
    pub fn start(options: LinkOptions) -> Self {
        let (commands, command_receiver) = mpsc::channel(COMMANDS_MAX);
        let (event_sender, events) = mpsc::channel(EVENTS_MAX);
        tokio::spawn(Link::new(options, event_sender).run(command_receiver));
        Self { commands, events }
    }

    /// Tells the link to do something; gives it back where it has too much to do.
    ///
    /// # Errors
    /// The order, where the queue is full.
    pub fn send(&self, command: LinkCommand) -> Result<(), LinkCommand> {
        self.commands.try_send(command).map_err(|error| match error {
            mpsc::error::TrySendError::Full(command) | mpsc::error::TrySendError::Closed(command) => command,
        })
    }

    /// What the link tells next; none once it has ended.
    pub async fn next_event(&mut self) -> Option<LinkEvent> {
        self.events.recv().await
    }

    /// What the link has told already.
    pub fn try_next_event(&mut self) -> Option<LinkEvent> {
        self.events.try_recv().ok()
    }
}
