//! Which rooms run in this process, and the heads of those whose newest item is ephemeral. Must not know how a room is
//! started or what its commands do.

use std::collections::HashMap;

use chat_proto::cursor::Cursor;
use chat_proto::ids::RoomId;
use parking_lot::Mutex;
use tokio::sync::mpsc;

use super::command::Command;
use super::living::Living;
use crate::store::{BrokenChains, ChainPlace};

/// Broken chains kept in memory: more than can have posts under way.
const BROKEN_CHAINS: usize = 1024;

/// The running rooms, by their mailboxes.
#[derive(Debug)]
pub(super) struct Directory {
    mailboxes: Mutex<HashMap<RoomId, mpsc::Sender<Command>>>,
    /// The heads of rooms whose newest item is ephemeral: the database does not have them.
    heads: Mutex<HashMap<RoomId, Cursor>>,
    /// What unread counts need of ephemeral messages.
    pub living: Living,
    /// The chains of posts that an actor left in its mailbox when it stopped.
    broken_chains: Mutex<BrokenChains>,
}

impl Default for Directory {
    fn default() -> Self {
        let broken_chains = Mutex::new(BrokenChains::new(BROKEN_CHAINS));
        Self { mailboxes: Mutex::default(), heads: Mutex::default(), living: Living::default(), broken_chains }
    }
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

    /// A room has shown an ephemeral item and stands here now.
    pub(super) fn note_head(&self, room: RoomId, head: Cursor) {
        self.heads.lock().insert(room, head);
    }

    /// The cursor after the last ephemeral item in a room; `None` if none was shown since the server started. A hint, not the
    /// head: of a room whose actor ran in another process nothing would be known here. Subscribing returns the head.
    pub(super) fn noted_head(&self, room: RoomId) -> Option<Cursor> {
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

    /// Whether an earlier post of the chain was in the mailbox of an actor that stopped.
    pub(super) fn is_chain_broken(&self, place: ChainPlace) -> bool {
        self.broken_chains.lock().is_broken(place)
    }

    /// Stops an idle room, unless a command has just arrived. Returns whether it has stopped.
    pub(super) fn stop_if_idle(&self, id: RoomId, mailbox: &mut mpsc::Receiver<Command>) -> bool {
        let mut mailboxes = self.mailboxes.lock();
        if !mailbox.is_empty() {
            return false;
        }
        // A command may arrive in between: it is dropped with the mailbox, and its caller asks again.
        self.drain(mailbox, drop);
        mailboxes.remove(&id);
        true
    }

    /// Stops a room whatever waits in its mailbox; `refuse` gets each command. The callers of those it drops ask again.
    pub(super) fn stop_now(&self, id: RoomId, mailbox: &mut mpsc::Receiver<Command>, refuse: impl FnMut(Command)) {
        // Held throughout: the room's next actor starts after the last of these commands, and knows their chains.
        let mut mailboxes = self.mailboxes.lock();
        self.drain(mailbox, refuse);
        mailboxes.remove(&id);
    }

    /// Closes a mailbox and empties it. Later posts of a chain may reach the room's next actor before those found here.
    fn drain(&self, mailbox: &mut mpsc::Receiver<Command>, mut refuse: impl FnMut(Command)) {
        mailbox.close();
        while let Ok(command) = mailbox.try_recv() {
            if let Command::Post(new, _) = &command
                && let Some(place) = new.chain
            {
                self.broken_chains.lock().refuse(place);
            }
            refuse(command);
        }
    }
}

#[cfg(test)]
mod tests {
    use chat_proto::request::Post;
    use tokio::sync::oneshot;

    use super::*;
    use crate::room::RoomError;
    use crate::room::command::NewPost;
    use crate::room::tests::caller;
    use crate::store::ChainId;

    #[test]
    fn a_post_that_an_actor_left_in_its_mailbox_breaks_its_chain_in_the_next_one() {
        let directory = Directory::default();
        let place = |place| ChainPlace { chain: ChainId(7), place };
        for is_idle in [false, true] {
            let (sender, mut mailbox) = mpsc::channel(4);
            directory.mailbox_or_start(RoomId(1), || sender.clone());
            let post = Post {
                room: RoomId(1),
                key: "k".parse().expect("a key"),
                body: "x".parse().expect("a body"),
                life: None,
                code: None,
                reply_to: None,
                chain: None,
            };
            let new = NewPost { caller: caller(1), post, mentions: Vec::new(), chain: Some(place(4)) };
            let (reply, mut answer) = oneshot::channel();
            sender.try_send(Command::Post(Box::new(new), reply)).expect("it fits");
            if is_idle {
                assert!(!directory.stop_if_idle(RoomId(1), &mut mailbox), "a command waits");
                continue;
            }
            directory.stop_now(RoomId(1), &mut mailbox, |command| command.refuse(&RoomError::NotFound));
            assert_eq!(answer.try_recv(), Ok(Err(RoomError::NotFound)));
            assert!(directory.running_mailbox(RoomId(1)).is_none());
            let broken = [3, 4, 5].map(|at| directory.is_chain_broken(place(at)));
            assert_eq!(broken, [false, false, true], "its own caller may ask again");
        }
    }
}
