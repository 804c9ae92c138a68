//! The running rooms: an actor starts with the first command for its room and stops when it is idle. Must not know the
//! commands; every way to a room's actor goes through its mailbox here.
//!
//! This is the one file that knows that actors run in this process. With others, `mailbox` would lead to them, and all that
//! looks only at running actors here would ask them: `noted_head`, `is_ephemeral_known`, `note_no_ephemeral`, `running`,
//! `notify` and `notify_reliably`.

use std::sync::Arc;

use chat_proto::cursor::Cursor;
use chat_proto::ids::RoomId;
use tokio::sync::{mpsc, oneshot};
use tracing::Instrument as _;

use super::actor;
use super::command::{Command, Responder};
use super::directory::Directory;
use super::error::RoomError;
use super::living::Living;
use super::services::Services;

/// Commands that can wait for one room.
const MAILBOX: usize = 1024;
/// Attempts to reach a room whose actor stops just as it is asked; more in a row do not happen.
const ASK_AGAIN: usize = 5;

/// The running rooms.
pub struct Registry {
    services: Services,
    directory: Arc<Directory>,
}

impl Registry {
    /// A registry in which no room runs yet.
    pub fn new(services: Services) -> Arc<Self> {
        Arc::new(Self { services, directory: Arc::default() })
    }

    /// The services that rooms use.
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// The mailbox of a room's actor, which starts if it is not running. One in another process would get a mailbox here whose
    /// reader forwards commands; the reader keeps the answers' senders and the send queues, and sends a caller's standing along.
    fn mailbox(&self, id: RoomId) -> mpsc::Sender<Command> {
        self.directory.mailbox_or_start(id, || {
            let (sender, receiver) = mpsc::channel(MAILBOX);
            let running = actor::run(id, receiver, self.services.clone(), Arc::clone(&self.directory));
            self.services.tasks.spawn_service(running.instrument(tracing::info_span!(parent: None, "room", %id)));
            sender
        })
    }

    /// The mailbox of a room's actor; `None` if it is not running.
    fn running_mailbox(&self, id: RoomId) -> Option<mpsc::Sender<Command>> {
        self.directory.running_mailbox(id)
    }

    /// The cursor after the last ephemeral item of a room; see [`Directory::noted_head`].
    pub(super) fn noted_head(&self, room: RoomId) -> Option<Cursor> {
        self.directory.noted_head(room)
    }

    /// What unread counts need of ephemeral messages.
    pub(super) fn living(&self) -> &Living {
        &self.directory.living
    }

    /// Whether all ephemeral messages of a room are known. `losses`: how often the live store has lost its data.
    pub(super) fn is_ephemeral_known(&self, room: RoomId, losses: u64) -> bool {
        self.directory.living.is_known(room, losses, || self.directory.is_running(room))
    }

    /// Notes that the live store holds nothing of a room. A room that runs knows more.
    pub(super) fn note_no_ephemeral(&self, room: RoomId, losses: u64) {
        if self.directory.is_running(room) {
            self.directory.living.know(room, losses);
        } else {
            self.directory.living.know_empty(room, losses);
        }
    }

    /// The rooms whose actors run in this process.
    pub fn running(&self) -> Vec<RoomId> {
        self.directory.running()
    }

    /// Asks a room and waits for its answer, and for a place if its mailbox is full: meanwhile the caller reads no more
    /// requests.
    pub(super) async fn ask<T>(&self, id: RoomId, command: impl Fn(Responder<T>) -> Command) -> Result<T, RoomError> {
        for _ in 0..ASK_AGAIN {
            let (reply, answer) = oneshot::channel();
            if self.mailbox(id).send(command(reply)).await.is_err() {
                continue;
            }
            if let Ok(result) = answer.await {
                return result;
            }
        }
        Err(RoomError::Busy)
    }

    /// Puts a command into a room's mailbox and returns the answer to wait for; `None` if the room stops each time.
    pub(super) async fn begin<T>(
        &self,
        id: RoomId,
        command: impl Fn(Responder<T>) -> Command,
    ) -> Option<oneshot::Receiver<Result<T, RoomError>>> {
        for _ in 0..ASK_AGAIN {
            let (reply, answer) = oneshot::channel();
            if self.mailbox(id).send(command(reply)).await.is_ok() {
                return Some(answer);
            }
        }
        None
    }

    /// Sends a room a command without an answer; dropped if the room is not running or its mailbox is full.
    pub(super) fn notify(&self, id: RoomId, command: Command) {
        if let Some(mailbox) = self.running_mailbox(id) {
            drop(mailbox.try_send(command));
        }
    }

    /// As [`Self::notify`], but waits for a place in the mailbox.
    pub(super) async fn notify_reliably(&self, id: RoomId, command: Command) {
        if let Some(mailbox) = self.running_mailbox(id) {
            drop(mailbox.send(command).await);
        }
    }
}
