//! The two ends of a link's channels, for its user. Must not know how the link works.

use std::time::Duration;

use tokio::sync::mpsc;

use super::driver::Driver;
use super::options::{LinkCommand, LinkOptions};
use crate::link_event::LinkEvent;

/// Events that may wait to be taken. Beyond it the socket is not read, and the server bounds the rest.
const EVENTS_MAX: usize = 512;
/// Commands that may wait to be carried out.
const COMMANDS_MAX: usize = 1024;
/// Time for the last commands at the end.
const FINISH_LIMIT: Duration = Duration::from_millis(500);

/// A running link.
#[derive(Debug)]
pub struct LinkHandle {
    commands: mpsc::Sender<LinkCommand>,
    events: mpsc::Receiver<LinkEvent>,
}

impl LinkHandle {
    /// Starts a link. It ends when the handle is dropped, or once it has stopped if nobody can retry it.
    pub fn start(options: LinkOptions) -> Self {
        let (commands, command_receiver) = mpsc::channel(COMMANDS_MAX);
        let (event_sender, events) = mpsc::channel(EVENTS_MAX);
        tokio::spawn(Driver::new(options, event_sender).run(command_receiver));
        Self { commands, events }
    }

    /// Gives the link a command.
    ///
    /// # Errors
    /// The command itself, if too many wait already or the link has ended.
    pub fn send(&self, command: LinkCommand) -> Result<(), LinkCommand> {
        self.commands.try_send(command).map_err(|error| match error {
            mpsc::error::TrySendError::Full(command) | mpsc::error::TrySendError::Closed(command) => command,
        })
    }

    /// Lets the link carry out the commands it was given, and waits until it has ended, but not for long.
    pub async fn finish(self) {
        let Self { commands, mut events } = self;
        drop(commands);
        let ended = async { while events.recv().await.is_some() {} };
        drop(tokio::time::timeout(FINISH_LIMIT, ended).await);
    }

    /// Waits for the next event. `None` once the link has ended.
    pub async fn next_event(&mut self) -> Option<LinkEvent> {
        self.events.recv().await
    }

    /// The next event, if one waits already.
    pub fn try_next_event(&mut self) -> Option<LinkEvent> {
        self.events.try_recv().ok()
    }
}
