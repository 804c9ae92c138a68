//! The queue with its two sides: many who put frames in, and the connection's task that takes them out.

use std::sync::Arc;

use bytes::Bytes;
use chat_proto::codec;
use chat_proto::ids::RoomId;
use chat_proto::server_frame::{Gap, GoodbyeReason};
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::queue::Queue;

/// One connection's outbox; a clone is the same outbox.
#[derive(Clone, Debug, Default)]
pub struct Outbox(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    closing: Mutex<Option<GoodbyeReason>>,
    news: Notify,
}

impl Outbox {
    /// Queues an answer; never dropped. Sessions bound how many requests are under way.
    pub fn answer(&self, frame: Bytes) {
        self.0.queue.lock().answer(frame);
        self.0.news.notify_one();
    }

    /// Queues a room's event.
    pub fn event(&self, room: RoomId, frame: Bytes) {
        self.0.queue.lock().event(room, frame, || codec::encode(&Gap { room }));
        self.0.news.notify_one();
    }

    /// Queues what may be lost.
    pub fn transient(&self, room: Option<RoomId>, frame: Bytes) {
        self.0.queue.lock().transient(room, frame);
        self.0.news.notify_one();
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
        self.0.news.notify_one();
    }

    /// Why the connection shall close, if it shall.
    pub fn closing(&self) -> Option<GoodbyeReason> {
        *self.0.closing.lock()
    }

    /// Waits until there is something to write or a reason to close.
    pub async fn news(&self) {
        loop {
            let news = self.0.news.notified();
            if !self.0.queue.lock().is_empty() || self.closing().is_some() {
                return;
            }
            news.await;
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
