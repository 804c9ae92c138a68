//! The running rooms: an actor starts with the first command for its room and stops when it is idle. Must not know the
//! commands; every way to a room's actor goes through its mailbox here.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chat_proto::ids::{RoomId, Seq};
use chat_proto::time::UnixMillis;
use parking_lot::Mutex;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tracing::Instrument as _;

use super::actor;
use super::command::{Command, Responder};
use super::error::RoomError;
use super::observer::RoomObserver;
use crate::histogram::Histogram;
use crate::live::Live;
use crate::store::RoomStore;
use crate::tasks::Tasks;

/// Commands that can wait for one room.
const MAILBOX: usize = 1024;
/// Attempts to reach a room whose actor stops just as it is asked; more in a row do not happen.
const ASK_AGAIN: usize = 5;

/// The rooms' counters, for the log and for `/metrics`.
#[derive(Debug)]
pub struct Counters {
    /// Messages accepted.
    pub posts: AtomicU64,
    /// Frames handed to listeners.
    pub deliveries: AtomicU64,
    /// Catch-up requests answered from memory.
    pub ring_hits: AtomicU64,
    /// Catch-up requests that needed the database.
    pub ring_misses: AtomicU64,
    /// The times from acceptance to acknowledgement, in microseconds.
    pub ack_us: Histogram,
    /// The longest of them since [`Self::take_ack_max_us`].
    ack_max_us: AtomicU64,
}

impl Default for Counters {
    fn default() -> Self {
        let zero = AtomicU64::default;
        Self {
            posts: zero(),
            deliveries: zero(),
            ring_hits: zero(),
            ring_misses: zero(),
            ack_us: Histogram::of_times(),
            ack_max_us: zero(),
        }
    }
}

impl Counters {
    /// Counts a message acknowledged this long after it was accepted.
    pub(super) fn acknowledged(&self, after: Duration) {
        let micros = u64::try_from(after.as_micros()).unwrap_or(u64::MAX);
        self.ack_us.add(micros);
        self.ack_max_us.fetch_max(micros, Ordering::Relaxed);
    }

    /// Returns the longest acknowledgement since the last call, in microseconds.
    pub fn take_ack_max_us(&self) -> u64 {
        self.ack_max_us.swap(0, Ordering::Relaxed)
    }
}

/// The services that rooms use.
#[derive(Clone)]
pub struct Services {
    /// The database.
    pub store: Arc<dyn RoomStore>,
    /// The live store.
    pub live: Arc<dyn Live>,
    /// The clock.
    pub clock: fn() -> UnixMillis,
    /// The counters of all rooms.
    pub counters: Arc<Counters>,
    /// Sees every item that a room shows.
    pub observer: Arc<dyn RoomObserver>,
    /// Permits for refilling a live store that has lost its data.
    pub refills: Arc<Semaphore>,
    /// Runs the rooms.
    pub tasks: Tasks,
}

/// Rooms that may refill the live store at once.
pub const REFILLS: usize = 4;

/// The running rooms.
pub struct Registry {
    services: Services,
    rooms: Mutex<HashMap<RoomId, mpsc::Sender<Command>>>,
    /// The heads of rooms whose newest item is ephemeral: the database does not have them.
    heads: Mutex<HashMap<RoomId, Seq>>,
}

impl Registry {
    /// A registry in which no room runs yet.
    pub fn new(services: Services) -> Arc<Self> {
        Arc::new(Self { services, rooms: Mutex::default(), heads: Mutex::default() })
    }

    /// The services that rooms use.
    pub fn services(&self) -> &Services {
        &self.services
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

    /// The rooms whose actors run in this process.
    pub fn running(&self) -> Vec<RoomId> {
        self.rooms.lock().keys().copied().collect()
    }

    /// The mailbox of a room's actor, which starts if it is not running. With [`running_mailbox`](Self::running_mailbox)
    /// the only place that knows where an actor runs. One in another process would get a mailbox here whose reader
    /// forwards commands: they hold plain data, an answer's sender, and send queues that the reader keeps.
    fn mailbox(self: &Arc<Self>, id: RoomId) -> mpsc::Sender<Command> {
        let mut rooms = self.rooms.lock();
        if let Some(mailbox) = rooms.get(&id)
            && !mailbox.is_closed()
        {
            return mailbox.clone();
        }
        let (sender, receiver) = mpsc::channel(MAILBOX);
        rooms.insert(id, sender.clone());
        let running = actor::run(id, receiver, Arc::clone(self));
        self.services.tasks.spawn_service(running.instrument(tracing::info_span!(parent: None, "room", %id)));
        sender
    }

    /// Asks a room and waits for its answer, and for a place if its mailbox is full: meanwhile the caller reads no more
    /// requests.
    pub(super) async fn ask<T>(
        self: &Arc<Self>,
        id: RoomId,
        command: impl Fn(Responder<T>) -> Command,
    ) -> Result<T, RoomError> {
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

    /// Puts a command into a room's mailbox and returns the answer to wait for; `None` if the room has stopped meanwhile.
    pub(super) async fn begin<T>(
        self: &Arc<Self>,
        id: RoomId,
        command: impl FnOnce(Responder<T>) -> Command,
    ) -> Option<oneshot::Receiver<Result<T, RoomError>>> {
        let (reply, answer) = oneshot::channel();
        self.mailbox(id).send(command(reply)).await.ok().map(|()| answer)
    }

    /// The mailbox of a room's actor; `None` if it is not running.
    fn running_mailbox(&self, id: RoomId) -> Option<mpsc::Sender<Command>> {
        self.rooms.lock().get(&id).cloned()
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

    /// Stops an idle room, unless a command has just arrived. Returns whether it has stopped.
    pub(super) fn stop_if_idle(&self, id: RoomId, mailbox: &mut mpsc::Receiver<Command>) -> bool {
        let mut rooms = self.rooms.lock();
        if !mailbox.is_empty() {
            return false;
        }
        mailbox.close();
        // A command may have arrived in between: it is dropped with the mailbox, and its caller asks again.
        if rooms.get(&id).is_some_and(mpsc::Sender::is_closed) {
            rooms.remove(&id);
        }
        true
    }

    /// Stops a room whatever waits in its mailbox: the callers ask again.
    pub(super) fn stop_now(&self, id: RoomId, mailbox: &mut mpsc::Receiver<Command>) {
        mailbox.close();
        self.rooms.lock().remove(&id);
    }
}
