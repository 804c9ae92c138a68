//! One connection's queue with its two sides: many put frames in, and the connection's task takes them out. Must not know
//! how frames are encoded or written.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use chat_proto::ids::RoomId;
use chat_proto::server_frame::{Gap, GoodbyeReason};
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::queue::{Frame, Queue};
use crate::push::Push;

/// One connection's send queue; a clone is the same queue.
#[derive(Clone, Debug, Default)]
pub struct SendQueue(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    /// The rooms that feed this queue. Each room's actor enters and removes itself, in the same turn in which it changes
    /// its own list of listeners.
    subscriptions: Mutex<Vec<RoomId>>,
    closing: Mutex<Option<GoodbyeReason>>,
    /// Set under the lock of `subscriptions`: no room enters itself afterwards.
    has_ended: AtomicBool,
    wakeup: Notify,
}

impl SendQueue {
    /// Queues an answer; never dropped. Connections bound how many requests are in flight.
    pub fn answer(&self, frame: Bytes) {
        self.0.queue.lock().answer(frame);
        self.0.wakeup.notify_one();
    }

    /// Queues a push that is never dropped. Only for rare ones: they are not counted.
    pub fn announce(&self, push: Arc<Push>) {
        self.0.queue.lock().announce(push);
        self.0.wakeup.notify_one();
    }

    /// Queues an event of a room. Returns `false` if the connection has ended.
    pub fn event(&self, room: RoomId, push: Arc<Push>) -> bool {
        self.push(|queue| queue.event(room, push, || Push::new(Gap { room })))
    }

    /// Tells the reader to ask for the room's changes, and drops the room's events until it does.
    pub fn gap(&self, room: RoomId) {
        self.push(|queue| queue.gap(room, Push::new(Gap { room })));
    }

    /// Queues an account event. Of those that do not fit, only the newest is kept, and queued once all before it have
    /// left: the reader sees by its numbers that some are missing.
    pub fn account_event(&self, push: Arc<Push>) {
        self.push(|queue| queue.account_event(push));
    }

    /// Queues typing or presence; dropped if there is no space.
    pub fn transient(&self, room: Option<RoomId>, push: Arc<Push>) {
        self.push(|queue| queue.transient(room, push));
    }

    /// Queues a push. Returns `false` if the connection has ended; this is looked at under the queue's lock, so that
    /// nothing follows what [`revoke`](Self::revoke) drops.
    fn push(&self, queue_it: impl FnOnce(&mut Queue)) -> bool {
        let mut queue = self.0.queue.lock();
        if self.has_ended() {
            return false;
        }
        queue_it(&mut queue);
        drop(queue);
        self.0.wakeup.notify_one();
        true
    }

    /// Lets a room's events in again: its reader catches up.
    pub fn close_gap(&self, room: RoomId) {
        self.0.queue.lock().close_gap(room);
    }

    /// Drops what is queued of a room.
    pub fn forget_room(&self, room: RoomId) {
        self.0.queue.lock().forget_room(room);
    }

    /// Drops everything but answers.
    pub fn forget_pushes(&self) {
        self.0.queue.lock().forget_pushes();
    }

    /// Enters a room that feeds this queue from now on; again changes nothing. Returns `false` if the connection has
    /// ended.
    pub fn subscribe(&self, room: RoomId) -> bool {
        let mut subscriptions = self.0.subscriptions.lock();
        if self.has_ended() {
            return false;
        }
        if !subscriptions.contains(&room) {
            subscriptions.push(room);
        }
        true
    }

    /// Removes a room that no longer feeds this queue.
    pub fn unsubscribe(&self, room: RoomId) {
        self.0.subscriptions.lock().retain(|subscribed| *subscribed != room);
    }

    /// The rooms that feed this queue.
    pub fn subscriptions(&self) -> Vec<RoomId> {
        self.0.subscriptions.lock().clone()
    }

    /// Ends the queue: the connection is over, and no room may feed it any more.
    pub fn end(&self) {
        let _subscriptions = self.0.subscriptions.lock();
        self.0.has_ended.store(true, Ordering::Release);
    }

    /// Whether the connection has ended.
    pub fn has_ended(&self) -> bool {
        self.0.has_ended.load(Ordering::Acquire)
    }

    /// Asks the connection's task to say goodbye and close; the first reason stands.
    pub fn close(&self, reason: GoodbyeReason) {
        self.0.closing.lock().get_or_insert(reason);
        self.0.wakeup.notify_one();
    }

    /// Closes the connection of a sign-in that was revoked. Nothing is pushed to it any more, not even what was queued;
    /// requests that were accepted are answered.
    pub fn revoke(&self) {
        self.end();
        self.forget_pushes();
        self.close(GoodbyeReason::Revoked);
    }

    /// The reason to close the connection, if there is one.
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
    pub fn take(&self, into: &mut impl Extend<Frame>, limit: usize) {
        self.0.queue.lock().take(into, limit);
    }

    /// Frames that were dropped so far.
    pub fn dropped(&self) -> u64 {
        self.0.queue.lock().dropped()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_room_feeds_a_queue_that_has_ended() {
        let queue = SendQueue::default();
        assert!(queue.subscribe(RoomId(1)) && queue.subscribe(RoomId(2)) && queue.subscribe(RoomId(1)));
        queue.unsubscribe(RoomId(2));
        queue.end();
        assert!(!queue.subscribe(RoomId(3)));
        assert_eq!(queue.subscriptions(), [RoomId(1)]);
    }

    #[test]
    fn a_revoked_sign_in_gets_its_answers_and_no_push_not_even_a_queued_one() {
        let queue = SendQueue::default();
        queue.answer(Bytes::from_static(b"answer"));
        assert!(queue.event(RoomId(1), Push::new(Gap { room: RoomId(1) })));
        queue.transient(None, Push::new(Gap { room: RoomId(1) }));
        queue.revoke();
        assert!(!queue.event(RoomId(1), Push::new(Gap { room: RoomId(1) })));
        queue.transient(None, Push::new(Gap { room: RoomId(1) }));
        queue.account_event(Push::new(Gap { room: RoomId(1) }));
        let mut frames = Vec::new();
        queue.take(&mut frames, usize::MAX);
        assert!(matches!(&frames[..], [Frame::Answer(answer)] if answer == "answer"), "{frames:?}");
        assert_eq!(queue.closing(), Some(GoodbyeReason::Revoked));
    }
}
