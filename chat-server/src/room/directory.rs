//! Which rooms run in this process, and the heads of those whose newest item is ephemeral. Must not know how a room is
//! started or what its commands do.

use std::collections::HashMap;

use chat_proto::ids::{RoomId, Seq};
use parking_lot::Mutex;
use tokio::sync::mpsc;

use super::command::Command;
use super::living::Living;

/// The running rooms, by their mailboxes.
#[derive(Debug, Default)]
pub(super) struct Directory {
    mailboxes: Mutex<HashMap<RoomId, mpsc::Sender<Command>>>,
    /// The heads of rooms whose newest item is ephemeral: the database does not have them.
    heads: Mutex<HashMap<RoomId, Seq>>,
    /// What unread counts need of ephemeral messages.
    pub living: Living,
}

impl Directory {
    /// Returns the mailbox of a room; `start` makes one, and starts the room, if it is not running.
    pub(super) fn mailbox_or_start(
        &self,
        id: RoomId,
        start: impl FnOnce() -> mpsc::Sender<Command>,
    ) -> mpsc::Sender<Command> {
        let mut mailboxes = self.mailboxes.lock();
        if let Some(mailbox) = mailboxes.get(&id)
            && !mailbox.is_closed()
        {
            return mailbox.clone();
        }
        let mailbox = start();
        mailboxes.insert(id, mailbox.clone());
        mailbox
    }

    /// The mailbox of a room's actor; `None` if it is not running.
    pub(super) fn running_mailbox(&self, id: RoomId) -> Option<mpsc::Sender<Command>> {
        self.mailboxes.lock().get(&id).cloned()
    }

    /// A room has shown an ephemeral item under this number.
    pub(super) fn note_head(&self, room: RoomId, head: Seq) {
        let mut heads = self.heads.lock();
        let noted = heads.entry(room).or_insert(head);
        *noted = head.max(*noted);
    }

    /// The last number of an ephemeral item in a room; `None` if none was shown since the server started. A hint, not the
    /// head: of a room whose actor ran in another process nothing would be known here. Subscribing returns the head.
    pub(super) fn noted_head(&self, room: RoomId) -> Option<Seq> {
        self.heads.lock().get(&room).copied()
    }

    /// Whether a room's actor runs in this process.
    pub(super) fn is_running(&self, id: RoomId) -> bool {
        self.mailboxes.lock().get(&id).is_some_and(|mailbox| !mailbox.is_closed())
    }

    /// The rooms whose actors run in this process.
    pub(super) fn running(&self) -> Vec<RoomId> {
        self.mailboxes.lock().keys().copied().collect()
    }

    /// Stops an idle room, unless a command has just arrived. Returns whether it has stopped.
    pub(super) fn stop_if_idle(&self, id: RoomId, mailbox: &mut mpsc::Receiver<Command>) -> bool {
        let mut mailboxes = self.mailboxes.lock();
        if !mailbox.is_empty() {
            return false;
        }
        mailbox.close();
        // A command may have arrived in between: it is dropped with the mailbox, and its caller asks again.
        if mailboxes.get(&id).is_some_and(mpsc::Sender::is_closed) {
            mailboxes.remove(&id);
        }
        true
    }

    /// Stops a room whatever waits in its mailbox: the callers ask again.
    pub(super) fn stop_now(&self, id: RoomId, mailbox: &mut mpsc::Receiver<Command>) {
        mailbox.close();
        self.mailboxes.lock().remove(&id);
    }
}
