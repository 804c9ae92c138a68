//! Which rooms run. A room starts when it is asked something and leaves when it is idle.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chat_proto::ids::{RoomId, Seq};
use chat_proto::time::UnixMillis;
use parking_lot::Mutex;
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::actor;
use super::command::{Command, Responder};
use super::error::RoomError;
use super::observer::RoomObserver;
use crate::histogram::Histogram;
use crate::live::Live;
use crate::store::Store;

/// Commands that may wait for one room.
const MAILBOX: usize = 1024;
/// A room may leave just as it is asked; more often than this in a row it does not.
const ASK_AGAIN: usize = 5;

/// What rooms count, for the log and for `/metrics`.
#[derive(Debug)]
pub struct Counters {
    /// Messages accepted.
    pub posts: AtomicU64,
    /// Frames handed to listeners.
    pub deliveries: AtomicU64,
    /// Catching up served from memory.
    pub ring_hits: AtomicU64,
    /// Catching up that needed the database.
    pub ring_misses: AtomicU64,
    /// How long acknowledgements took, in microseconds.
    pub ack_us: Histogram,
    /// The longest of them since the last look.
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
    /// A message was acknowledged so long after it was accepted.
    pub(super) fn acknowledged(&self, after: Duration) {
        let micros = u64::try_from(after.as_micros()).unwrap_or(u64::MAX);
        self.ack_us.add(micros);
        self.ack_max_us.fetch_max(micros, Ordering::Relaxed);
    }

    /// The longest acknowledgement since the last look, in microseconds.
    pub fn take_ack_max_us(&self) -> u64 {
        self.ack_max_us.swap(0, Ordering::Relaxed)
    }
}

/// What rooms need of the world.
#[derive(Clone)]
pub struct Services {
    /// The database.
    pub store: Arc<dyn Store>,
    /// What expires.
    pub live: Arc<dyn Live>,
    /// The clock.
    pub clock: fn() -> UnixMillis,
    /// What is counted.
    pub counters: Arc<Counters>,
    /// Who sees what is shown.
    pub observer: Arc<dyn RoomObserver>,
    /// Turns of rooms that put back what the live store has lost.
    pub refills: Arc<Semaphore>,
}

/// Rooms that put back at once.
pub const REFILLS: usize = 4;

/// The running rooms.
pub struct Registry {
    services: Services,
    rooms: Mutex<HashMap<RoomId, mpsc::Sender<Command>>>,
    /// The last numbers of rooms whose newest expires: the database does not have them.
    heads: Mutex<HashMap<RoomId, Seq>>,
}

impl Registry {
    /// No room runs yet.
    pub fn new(services: Services) -> Arc<Self> {
        Arc::new(Self { services, rooms: Mutex::default(), heads: Mutex::default() })
    }

    /// What rooms need of the world.
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// A room showed something that expires under this number.
    pub(super) fn note_head(&self, room: RoomId, head: Seq) {
        let mut heads = self.heads.lock();
        let noted = heads.entry(room).or_insert(head);
        *noted = head.max(*noted);
    }

    /// The last number that something got which expires; none where nothing is known of such.
    pub(super) fn noted_head(&self, room: RoomId) -> Option<Seq> {
        self.heads.lock().get(&room).copied()
    }

    /// Rooms that run just now.
    pub fn running(&self) -> Vec<RoomId> {
        self.rooms.lock().keys().copied().collect()
    }

    fn mailbox(self: &Arc<Self>, id: RoomId) -> mpsc::Sender<Command> {
        let mut rooms = self.rooms.lock();
        if let Some(mailbox) = rooms.get(&id)
            && !mailbox.is_closed()
        {
            return mailbox.clone();
        }
        let (sender, receiver) = mpsc::channel(MAILBOX);
        rooms.insert(id, sender.clone());
        tokio::spawn(actor::run(id, receiver, Arc::clone(self)));
        sender
    }

    /// Asks a room and waits for its answer. A full mailbox is waited for: the session that asks reads no more meanwhile.
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

    /// Hands a room a command, in order, and returns its answer to come; none where the room left meanwhile.
    pub(super) async fn begin<T>(
        self: &Arc<Self>,
        id: RoomId,
        command: impl FnOnce(Responder<T>) -> Command,
    ) -> Option<oneshot::Receiver<Result<T, RoomError>>> {
        let (reply, answer) = oneshot::channel();
        self.mailbox(id).send(command(reply)).await.ok().map(|()| answer)
    }

    /// Tells a room something that needs no answer; only where it runs and has a place.
    pub(super) fn notify(&self, id: RoomId, command: Command) {
        let mailbox = self.rooms.lock().get(&id).cloned();
        if let Some(mailbox) = mailbox {
            drop(mailbox.try_send(command));
        }
    }

    /// As [`Self::notify`], but waits for a place.
    pub(super) async fn notify_reliably(&self, id: RoomId, command: Command) {
        let mailbox = self.rooms.lock().get(&id).cloned();
        if let Some(mailbox) = mailbox {
            drop(mailbox.send(command).await);
        }
    }

    /// An idle room leaves, unless it has just been asked something. Whether it has left.
    pub(super) fn stop_if_idle(&self, id: RoomId, mailbox: &mut mpsc::Receiver<Command>) -> bool {
        let mut rooms = self.rooms.lock();
        if !mailbox.is_empty() {
            return false;
        }
        mailbox.close();
        // A command may have slipped in between: it is dropped with the mailbox, and its caller asks again.
        if rooms.get(&id).is_some_and(mpsc::Sender::is_closed) {
            rooms.remove(&id);
        }
        true
    }

    /// A room leaves whatever waits: those who asked ask again.
    pub(super) fn stop_now(&self, id: RoomId, mailbox: &mut mpsc::Receiver<Command>) {
        mailbox.close();
        self.rooms.lock().remove(&id);
    }
}
