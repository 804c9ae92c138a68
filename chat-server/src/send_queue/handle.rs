//! The queue with its two sides: many who put frames in, and the connection's task that takes them out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use chat_proto::codec;
use chat_proto::ids::RoomId;
use chat_proto::server_frame::{Gap, GoodbyeReason};
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::queue::Queue;

/// One connection's send queue; a clone is the same queue.
#[derive(Clone, Debug, Default)]
pub struct SendQueue(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    closing: Mutex<Option<GoodbyeReason>>,
    has_ended: AtomicBool,
    wakeup: Notify,
}

impl SendQueue {
    /// Queues an answer; never dropped. Sessions bound how many requests are under way.
    pub fn answer(&self, frame: Bytes) {
        self.0.queue.lock().answer(frame);
        self.0.wakeup.notify_one();
    }

    /// Queues a room's event; whether anybody may still read it.
    pub fn event(&self, room: RoomId, frame: Bytes) -> bool {
        if self.has_ended() {
            return false;
        }
        self.0.queue.lock().event(room, frame, || codec::encode(&Gap { room }));
        self.0.wakeup.notify_one();
        true
    }

    /// Tells that the room's reader has to ask what changed; until then none of its events comes.
    pub fn gap(&self, room: RoomId) {
        self.0.queue.lock().gap(room, codec::encode(&Gap { room }));
        self.0.wakeup.notify_one();
    }

    /// Queues news of the account. Of what does not fit only the last is kept, and queued as soon as all before it has
    /// left: the reader sees by its numbers that some are missing.
    pub fn account_event(&self, frame: Bytes) {
        self.0.queue.lock().account_event(frame);
        self.0.wakeup.notify_one();
    }

    /// The connection has ended: nobody reads this any more.
    pub fn end(&self) {
        self.0.has_ended.store(true, Ordering::Release);
    }

    /// Whether the connection has ended.
    pub fn has_ended(&self) -> bool {
        self.0.has_ended.load(Ordering::Acquire)
    }

    /// Queues what may be lost.
    pub fn transient(&self, room: Option<RoomId>, frame: Bytes) {
        self.0.queue.lock().transient(room, frame);
        self.0.wakeup.notify_one();
    }

    /// The reader catches up: the room's events may come again.
    pub fn close_gap(&self, room: RoomId) {
        self.0.queue.lock().close_gap(room);
    }

    /// Discards what is queued of a room.
    pub fn forget_room(&self, room: RoomId) {
        self.0.queue.lock().forget_room(room);
    }

    /// Asks the connection's task to say goodbye and close; the first reason stands.
    pub fn close(&self, reason: GoodbyeReason) {
        self.0.closing.lock().get_or_insert(reason);
        self.0.wakeup.notify_one();
    }

    /// Why the connection shall close, if it shall.
    pub fn closing(&self) -> Option<GoodbyeReason> {
        *self.0.closing.lock()
    }

    /// Waits until there is something to write or a reason to close.
    pub async fn ready(&self) {
        loop {
            let woken = self.0.wakeup.notified();
            if !self.0.queue.lock().is_empty() || self.closing().is_some() {
                return;
            }
            woken.await;
        }
    }

    /// Moves up to `limit` frames out.
    pub fn take(&self, into: &mut Vec<Bytes>, limit: usize) {
        self.0.queue.lock().take(into, limit);
    }

    /// Frames that were left out so far.
    pub fn dropped(&self) -> u64 {
        self.0.queue.lock().dropped()
    }
}
